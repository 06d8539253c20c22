#include "coroutine_handler.hpp"

#include <asio/associated_cancellation_slot.hpp>
#include <asio/async_result.hpp>

#include <csignal>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

// Callbacks that wait while their connection closes, and behind its end.

namespace {

using namespace behavior_test;
using namespace behavior_test::coroutine_handlers;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes close_timeout{5};  // that of calm()

// An operation that never ends by itself, and completes within its cancellation.
asio::awaitable<void> wait_for_cancellation() {
  const auto initiate = [](auto handler) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    auto waiting = std::make_shared<decltype(handler)>(std::move(handler));
    slot.assign([waiting](asio::cancellation_type) {
      auto last = std::move(*waiting);
      std::move(last)(interrupted);
    });
  };
  auto token = asio::use_awaitable;
  return asio::async_initiate<asio::use_awaitable_t<>, void(std::error_code)>(initiate, token);
}

// The server closes, and waits for the client to end TCP.
void close_by_server(fixture& f, memory_peer& peer) {
  peer.write(close_frame(1000));
  poll(f.io);
}

// A message that arrives in every phase.
void send_mail(fixture& f) {
  f.client->post_after(minutes(0), 1);
  poll(f.io);
}

// Both sides have closed.
void close_both(fixture& f, memory_peer& peer, outcome& closed) {
  f.client->close(closed.token());
  poll(f.io);
  peer.write(close_frame());
  peer.close();
  poll(f.io);
}

}  // namespace

TEST_SUITE("behavior/callbacks/coroutines_and_closing") {
  TEST_CASE("a callback that begins while the server closes is interrupted by close at once") {
    fixture f({.info = wait_for_ever});
    memory_peer peer = f.open();
    close_by_server(f, peer);
    send_mail(f);
    CHECK(f.seen.back() == "info");
    outcome closed;
    f.client->close(closed.token());
    poll(f.io);
    CHECK(f.seen.back() == "info is interrupted");
    peer.close();
    poll(f.io);
    CHECK(f.seen.back() == "terminate");
    CHECK(closed.ok());
  }

  TEST_CASE("a callback that begins while closing has the time of closing") {
    for (const bool by_server : {false, true}) {
      CAPTURE(by_server);
      fixture f({.info = wait_for_ever});
      memory_peer peer = f.open();
      if (by_server) {
        close_by_server(f, peer);
      } else {
        f.client->close([](std::error_code) {});
        poll(f.io);
      }
      f.let_pass(close_timeout - minutes(1));
      send_mail(f);
      f.let_pass(minutes(1) - seconds(1));
      CHECK(f.seen.back() == "info");
      f.let_pass(seconds(1));
      CHECK(f.seen[3] == "info is interrupted");
      CHECK(f.seen.back() == "terminate");
      CHECK(peer.client_closed());
      CHECK(!peer.client_shut_down());
      CHECK(f.ended.calls == 1);
    }
  }

  TEST_CASE("close and join do not wait for such a callback any longer") {
    bool enough = false;
    std::optional<gate> g;
    fixture f({.info = [&] { return ignore_all(*g, enough); }});
    g.emplace(f.io);
    memory_peer peer = f.open();
    outcome closed;
    f.client->close(closed.token());
    poll(f.io);
    f.let_pass(minutes(1));
    send_mail(f);
    f.let_pass(close_timeout - minutes(1));
    CHECK(closed.failed(wsx::errc::close_timeout));
    CHECK(f.ended.failed(wsx::errc::close_timeout));
    CHECK(peer.client_closed());
    CHECK(f.terminated.empty());
    enough = true;
    g->open();
    poll(f.io);
    CHECK(f.seen.back() == "terminate");
    CHECK(f.terminated.size() == 1);
    g.reset();  // before the I/O context
  }

  TEST_CASE("one that ends within its interruption leaves no deadline to the next") {
    bool enough = false;
    std::optional<gate> g;
    fixture f(
        {.text = wait_for_cancellation, .disconnect = [&] { return ignore_all(*g, enough); }});
    g.emplace(f.io);
    memory_peer peer = f.open_and_go();
    outcome closed;
    close_both(f, peer, closed);
    CHECK(f.seen == lines{"init", "connect", "text", "text is interrupted", "disconnect"});
    f.let_pass(close_timeout * 2);
    CHECK(!closed.done());
    CHECK(!f.ended.done());
    enough = true;
    g->open();
    poll(f.io);
    CHECK(closed.ok());
    CHECK(f.ended.ok());
    CHECK(f.seen.back() == "terminate");
    g.reset();  // before the I/O context
  }

  TEST_CASE("a handle_disconnect that ignores a signal: close does not wait beyond close_timeout") {
    bool enough = false;
    std::optional<gate> g;
    fixture f({.disconnect = [&] { return ignore_all(*g, enough); }});
    g.emplace(f.io);
    f.client->watch_signal(SIGUSR1);
    memory_peer peer = f.open();
    outcome closed;
    close_both(f, peer, closed);
    CHECK(f.seen.back() == "disconnect");
    std::raise(SIGUSR1);
    poll(f.io);
    f.let_pass(close_timeout);
    CHECK(closed.ok());
    CHECK(f.ended.ok());
    CHECK(f.terminated.empty());
    enough = true;
    g->open();
    poll(f.io);
    CHECK(f.seen.back() == "terminate");
    CHECK(f.ended.calls == 1);
    g.reset();  // before the I/O context
  }

  TEST_CASE("nor does abort wait longer, whenever it comes after the signal") {
    struct times {
      minutes before;  // the abort, after the signal
      minutes after;   // the end, after the abort
    };
    for (const auto [before, after] :
         {times{close_timeout * 2, close_timeout}, times{close_timeout - minutes(1), minutes(1)}}) {
      CAPTURE(before.count());
      bool enough = false;
      std::optional<gate> g;
      fixture f({.disconnect = [&] { return ignore_all(*g, enough); }});
      g.emplace(f.io);
      f.client->watch_signal(SIGUSR1);
      f.open().close();
      poll(f.io);
      std::raise(SIGUSR1);
      poll(f.io);
      f.let_pass(before);
      CHECK(!f.ended.done());
      f.client->abort();
      f.let_pass(after);
      CHECK(f.ended.failed(wsx::errc::aborted));
      enough = true;
      g->open();
      poll(f.io);
      CHECK(f.terminated.size() == 1);
      CHECK(f.ended.calls == 1);
      g.reset();  // before the I/O context
    }
  }

  TEST_CASE("a signal interrupts handle_disconnect, not the message's callback that comes before") {
    std::optional<gate> g;
    fixture f({.info = [&] { return g->wait(); }, .disconnect = wait_for_ever});
    g.emplace(f.io);
    f.client->watch_signal(SIGUSR1);
    f.open().close();
    poll(f.io);
    send_mail(f);
    CHECK(f.seen == lines{"init", "connect", "disconnect"});
    std::raise(SIGUSR1);
    poll(f.io);
    CHECK(f.seen.back() == "info");
    std::raise(SIGUSR1);
    poll(f.io);
    CHECK(f.seen.back() == "info");
    g->open();
    poll(f.io);
    CHECK(f.seen == lines{"init", "connect", "disconnect", "disconnect is interrupted", "info",
                          "info is through", "disconnect"});
    f.client.reset();
    poll(f.io);
    g.reset();  // before the I/O context
  }

  TEST_CASE("what handle_disconnect was told stays as it is while it waits") {
    struct holds {
      gate** g;
      bool* enough;
      std::vector<std::error_code>* errors;

      void handle_frame(wsx::text) {}
      asio::awaitable<void> handle_disconnect(const wsx::disconnect& d) {
        errors->push_back(d.reason.error);
        auto waiting = ignore_all(**g, *enough);
        co_await std::move(waiting);
        errors->push_back(d.reason.error);
      }
    };
    gate* where = nullptr;
    bool enough = false;
    std::vector<std::error_code> errors;
    client_fixture<holds> f({&where, &enough, &errors});
    std::optional<gate> g(std::in_place, f.io);
    where = &*g;
    f.open().close();
    poll(f.io);
    f.client->abort();
    f.let_pass(close_timeout);
    CHECK(f.ended.failed(wsx::errc::aborted));
    enough = true;
    g->open();
    poll(f.io);
    CHECK(errors == std::vector<std::error_code>(2, wsx::errc::connection_dropped));
    g.reset();  // before the I/O context
  }

  TEST_CASE("abort while a message's callback waits: the transport has no say in how it ended") {
    fixture f({.cast = wait_for_ever});
    memory_peer peer = f.open();
    f.client->cast(1);
    poll(f.io);
    CHECK(f.seen.back() == "cast");
    peer.write(text_frame("unread"));
    poll(f.io);
    f.client->abort();
    poll(f.io);
    CHECK(f.ended.failed(wsx::errc::aborted));
    CHECK(f.ended.reason.origin == wsx::close_origin::local);
    REQUIRE(f.terminated.size() == 1);
    CHECK(f.terminated[0].error == wsx::errc::aborted);
  }
}

namespace {

// Pings a minute after the last word of the server, and gives it a minute to answer.
wsx::options keeping_alive() {
  return calm()
      .set(&wsx::options::ping_interval, minutes(1))
      .set(&wsx::options::ping_timeout, minutes(1));
}

// A client whose callback for text waits longer than the server has to answer a ping.
struct outlasting : fixture {
  outlasting() : fixture({.text = [this] { return g->wait(); }}, "server", keeping_alive()) {
    g.emplace(io);
  }

  // The server's time has run out then.
  memory_peer wait_for_long() {
    memory_peer peer = open_and_go();
    let_pass(minutes(1));
    const auto ping = peer.take_frame();
    REQUIRE(ping);
    CHECK(ping->opcode == opcodes::ping);
    let_pass(minutes(2));
    CHECK(!ended.done());
    return peer;
  }

  void go_on() {
    g->open();
    poll(io);
  }

  std::optional<gate> g;
};

}  // namespace

TEST_SUITE("behavior/callbacks/coroutines_and_closing: longer than a ping") {
  TEST_CASE("what has come meanwhile shows that the server lives") {
    outlasting f;
    memory_peer peer = f.wait_for_long();
    peer.write(pong_frame("late"));
    f.go_on();
    CHECK(f.seen == lines{"init", "connect", "text", "text is through", "pong"});
    CHECK(f.client->is_open());
    CHECK(works(f, peer));
  }

  TEST_CASE("if nothing has come it is given up") {
    outlasting f;
    memory_peer peer = f.wait_for_long();
    f.go_on();
    CHECK(f.ended.failed(wsx::errc::ping_timeout));
    CHECK(peer.client_closed());
  }

  TEST_CASE("closing has its own time") {
    outlasting f;
    memory_peer peer = f.wait_for_long();
    outcome closed;
    f.client->close(closed.token());
    poll(f.io);
    CHECK(f.seen.back() == "text is interrupted");
    CHECK(frames_of(peer) == lines{"close without a code"});
    CHECK(!f.ended.done());
    peer.write(close_frame());
    peer.close();
    poll(f.io);
    CHECK(closed.ok());
    CHECK(f.ended.ok());
    CHECK(f.ended.reason.clean);
  }
}
