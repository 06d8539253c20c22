#include "../callbacks/coroutine_handler.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>

#include <csignal>
#include <optional>
#include <string>

// A `connect` that is canceled while a callback waits that there is no connection for.

namespace {

using namespace behavior_test;
using behavior_test::coroutine_handlers::gate;
using behavior_test::coroutine_handlers::ignore_all;
using behavior_test::coroutine_handlers::interrupted;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes close_timeout{5};  // that of calm()

// For any phase.
struct urgent {
  static constexpr bool wsx_any_phase = true;
};

// What a handler has been through, and what it waits for.
struct record {
  lines seen{};
  std::optional<gate> g{};
  bool enough = false;
  bool listens = false;  // handle_disconnect can be interrupted
};

// Its callback for messages waits, and ignores all interruptions, until the test is done with it.
// So does its handle_disconnect, unless it `listens`.
struct deaf {
  record* r;

  void init(const wsx::connection_info&) { r->seen.push_back("init"); }
  void handle_frame(wsx::text) {}
  asio::awaitable<void> handle_info(urgent) { return wait("info"); }
  asio::awaitable<wsx::disconnect_decision> handle_disconnect(const wsx::disconnect&) {
    auto waiting = r->listens ? listen() : wait("disconnect");
    co_await std::move(waiting);
    co_return wsx::reconnect();
  }
  void terminate(const wsx::close_reason&) { r->seen.push_back("terminate"); }

 private:
  asio::awaitable<void> listen() {
    r->seen.push_back("disconnect");
    auto waiting = coroutine_handlers::wait_for_ever();
    co_await std::move(waiting);
  }
  asio::awaitable<void> wait(std::string name) {
    r->seen.push_back(name);
    auto waiting = ignore_all(*r->g, r->enough);
    co_await std::move(waiting);
    r->seen.push_back(name + " is through");
  }
};

struct fixture : record, client_fixture<deaf> {
  explicit fixture(wsx::options o = calm()) : client_fixture(deaf{this}, std::move(o)) {
    g.emplace(io);
  }
  ~fixture() {
    client.reset();
    release();
    g.reset();  // before the I/O context
  }

  void start() {
    client->connect(server.url(), asio::bind_cancellation_slot(signal.slot(), connected.token()));
    client->join(ended.join_token());
    poll(io);
  }
  void cancel() {
    signal.emit(asio::cancellation_type::terminal);
    poll(io);
  }
  void release() {
    enough = true;
    g->open();
    poll(io);
  }

  asio::cancellation_signal signal;
};

}  // namespace

TEST_SUITE("behavior/operations/canceled_connect") {
  TEST_CASE("it completes within close_timeout, and the next one when the callback is through") {
    fixture f;
    f.start();
    f.client->post(urgent{});
    poll(f.io);
    CHECK(f.seen == lines{"info"});
    f.cancel();
    f.let_pass(close_timeout - seconds(1));
    CHECK(!f.connected.done());
    f.let_pass(seconds(1));
    CHECK(f.connected.failed(interrupted));
    outcome early;
    f.client->connect(f.server.url(), early.token());
    poll(f.io);
    CHECK(early.failed(wsx::errc::already_started));
    f.release();
    CHECK(f.seen == lines{"info", "info is through"});
    CHECK(f.connected.calls == 1);
    CHECK(!f.ended.done());
    while (f.server.next()) {}
    f.connected = {};
    memory_peer peer = f.open();
    CHECK(f.connected.ok());
    CHECK(works(f, peer));
  }

  TEST_CASE("while handle_disconnect thinks the first failure over, too") {
    auto o = calm();
    o.handle_first_failure = true;
    fixture f(o);
    f.server.refuse(asio::error::connection_refused);
    f.start();
    CHECK(f.seen == lines{"disconnect"});
    f.cancel();
    CHECK(!f.connected.done());
    f.let_pass(close_timeout);
    CHECK(f.connected.failed(interrupted));
    f.release();
    CHECK(f.seen == lines{"disconnect", "disconnect is through"});
    CHECK(f.connected.calls == 1);
    CHECK(f.server.accepted() == 0);
  }

  TEST_CASE("handle_disconnect is not asked again that a signal has interrupted") {
    auto o = calm();
    o.handle_first_failure = true;
    fixture f(o);
    f.listens = true;
    f.client->watch_signal(SIGUSR1);
    f.server.refuse(asio::error::connection_refused);
    f.start();
    f.client->post(urgent{});
    std::raise(SIGUSR1);
    poll(f.io);
    CHECK(f.seen == lines{"disconnect", "info"});
    f.cancel();
    f.release();
    CHECK(f.seen == lines{"disconnect", "info", "info is through"});
    CHECK(f.connected.failed(interrupted));
    CHECK(!f.ended.done());
  }

  TEST_CASE("no other message is given to the handler before it completes") {
    fixture f;
    f.start();
    f.client->post(urgent{});
    f.client->post(urgent{});
    poll(f.io);
    f.cancel();
    f.release();
    CHECK(f.seen == lines{"info", "info is through"});
    CHECK(f.connected.failed(interrupted));
    // It waits for the next attempt.
    f.connected = {};
    f.start();
    CHECK(f.seen.size() == 4);
  }

  TEST_CASE("behind the end of the opening handshake: it is canceled all the same") {
    fixture f;
    f.start();
    memory_peer peer = f.next();
    f.client->post(urgent{});
    poll(f.io);
    peer.accept();
    poll(f.io);
    CHECK(f.seen == lines{"info"});
    f.cancel();
    f.release();
    CHECK(f.connected.failed(interrupted));
    CHECK(f.seen == lines{"info", "info is through"});
    CHECK(f.client->stats().connects == 0);
    CHECK(peer.client_closed());
    CHECK(!f.ended.done());
  }

  TEST_CASE("behind the end of the opening handshake: abort") {
    fixture f;
    f.start();
    memory_peer peer = f.next();
    f.client->post(urgent{});
    poll(f.io);
    peer.accept();
    poll(f.io);
    f.client->abort();
    poll(f.io);
    f.release();
    CHECK(f.connected.failed(wsx::errc::aborted));
    CHECK(f.ended.failed(wsx::errc::aborted));
    CHECK(f.seen == lines{"info", "info is through", "terminate"});
    CHECK(f.client->stats().connects == 0);
    CHECK(peer.client_closed());
  }

  TEST_CASE("abort and close after that are bounded by close_timeout again") {
    for (const bool close : {false, true}) {
      CAPTURE(close);
      fixture f;
      f.start();
      f.client->post(urgent{});
      poll(f.io);
      f.cancel();
      f.let_pass(close_timeout);
      CHECK(f.connected.done());
      outcome closed;
      close ? f.client->close(closed.token()) : f.client->abort();
      poll(f.io);
      CHECK(!f.ended.done());
      f.let_pass(close_timeout);
      CHECK(f.ended.calls == 1);
      CHECK(f.ended.error == (close ? std::error_code() : wsx::errc::aborted));
      CHECK(closed.calls == (close ? 1 : 0));
      f.release();
      CHECK(f.seen == lines{"info", "info is through", "terminate"});
    }
  }
}
