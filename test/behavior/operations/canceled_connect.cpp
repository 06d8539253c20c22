#include "../callbacks/coroutine_handler.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>

#include <optional>
#include <string>

// A `connect` that is canceled while a callback waits that there is no connection for.

namespace {

using namespace client_test;
using namespace client_test::waits;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes close_timeout{5};  // that of calm()

// For any phase.
struct urgent {
  static constexpr bool wsx_any_phase = true;
};

// Its callback for messages waits, and ignores all interruptions, until the test is done with it.
// So does its handle_disconnect.
struct deaf {
  lines* seen;
  gate* g = nullptr;
  bool* enough = nullptr;

  void init(const wsx::connection_info&) { seen->push_back("init"); }
  void handle_frame(wsx::text) {}
  asio::awaitable<void> handle_info(urgent) { return wait("info"); }
  asio::awaitable<wsx::disconnect_decision> handle_disconnect(const wsx::disconnect&) {
    auto waiting = wait("disconnect");
    co_await std::move(waiting);
    co_return wsx::reconnect();
  }
  void terminate(const wsx::close_reason&) { seen->push_back("terminate"); }

 private:
  asio::awaitable<void> wait(std::string name) {
    seen->push_back(name);
    auto waiting = ignore_all(*g, *enough);
    co_await std::move(waiting);
    seen->push_back(name + " is through");
  }
};

struct deaf_world : world<deaf> {
  explicit deaf_world(wsx::options o = calm())
      : world<deaf>(by_hand, deaf{&seen}, std::move(o)), g(std::in_place, io) {
    handler().g = &*g;
    handler().enough = &enough;
  }
  ~deaf_world() {
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

  lines seen;
  bool enough = false;
  std::optional<gate> g;
  asio::cancellation_signal signal;
};

}  // namespace

TEST_SUITE("client: connect that is canceled while a callback waits") {
  TEST_CASE("it completes within close_timeout, and the next one when the callback is through") {
    deaf_world w;
    w.start();
    w.client->post(urgent{});
    poll(w.io);
    CHECK(w.seen == lines{"info"});
    w.cancel();
    w.let_pass(close_timeout - seconds(1));
    CHECK(!w.connected.done());
    w.let_pass(seconds(1));
    CHECK(w.connected.failed(interrupted));
    outcome early;
    w.client->connect(w.server.url(), early.token());
    poll(w.io);
    CHECK(early.failed(wsx::errc::already_started));
    w.release();
    CHECK(w.seen == lines{"info", "info is through"});
    CHECK(w.connected.calls == 1);
    CHECK(!w.ended.done());
    while (w.server.next()) {}
    w.connected = {};
    memory_peer peer = w.open();
    CHECK(w.connected.ok());
    CHECK(works(w, peer));
  }

  TEST_CASE("while handle_disconnect thinks the first failure over, too") {
    auto o = calm();
    o.handle_first_failure = true;
    deaf_world w(o);
    w.server.refuse(asio::error::connection_refused);
    w.start();
    CHECK(w.seen == lines{"disconnect"});
    w.cancel();
    CHECK(!w.connected.done());
    w.let_pass(close_timeout);
    CHECK(w.connected.failed(interrupted));
    w.release();
    CHECK(w.seen == lines{"disconnect", "disconnect is through"});
    CHECK(w.connected.calls == 1);
    CHECK(w.server.accepted() == 0);
  }

  TEST_CASE("no other message is given to the handler before it completes") {
    deaf_world w;
    w.start();
    w.client->post(urgent{});
    w.client->post(urgent{});
    poll(w.io);
    w.cancel();
    w.release();
    CHECK(w.seen == lines{"info", "info is through"});
    CHECK(w.connected.failed(interrupted));
    // It waits for the next attempt.
    w.connected = {};
    w.start();
    CHECK(w.seen.size() == 4);
  }

  TEST_CASE("behind the end of the opening handshake: it is canceled all the same") {
    deaf_world w;
    w.start();
    memory_peer peer = w.server.next().value();
    w.client->post(urgent{});
    poll(w.io);
    peer.accept();
    poll(w.io);
    CHECK(w.seen == lines{"info"});
    w.cancel();
    w.release();
    CHECK(w.connected.failed(interrupted));
    CHECK(w.seen == lines{"info", "info is through"});
    CHECK(w.client->stats().connects == 0);
    CHECK(peer.client_closed());
    CHECK(!w.ended.done());
  }

  TEST_CASE("behind the end of the opening handshake: abort") {
    deaf_world w;
    w.start();
    memory_peer peer = w.server.next().value();
    w.client->post(urgent{});
    poll(w.io);
    peer.accept();
    poll(w.io);
    w.client->abort();
    poll(w.io);
    w.release();
    CHECK(w.connected.failed(wsx::errc::aborted));
    CHECK(w.ended.failed(wsx::errc::aborted));
    CHECK(w.seen == lines{"info", "info is through", "terminate"});
    CHECK(w.client->stats().connects == 0);
    CHECK(peer.client_closed());
  }

  TEST_CASE("abort and close after that are bounded by close_timeout again") {
    for (const bool close : {false, true}) {
      CAPTURE(close);
      deaf_world w;
      w.start();
      w.client->post(urgent{});
      poll(w.io);
      w.cancel();
      w.let_pass(close_timeout);
      CHECK(w.connected.done());
      outcome closed;
      close ? w.client->close(closed.token()) : w.client->abort();
      poll(w.io);
      CHECK(!w.ended.done());
      w.let_pass(close_timeout);
      CHECK(w.ended.calls == 1);
      CHECK(w.ended.error == (close ? std::error_code() : wsx::errc::aborted));
      CHECK(closed.calls == (close ? 1 : 0));
      w.release();
      CHECK(w.seen == lines{"info", "info is through", "terminate"});
    }
  }
}
