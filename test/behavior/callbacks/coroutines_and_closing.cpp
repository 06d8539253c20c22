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

using namespace client_test;
using namespace client_test::waits;
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
  poll(f.w.io);
}

// A message that arrives in every phase.
void send_mail(fixture& f) {
  f.w.client->post_after(minutes(0), 1);
  poll(f.w.io);
}

// Both sides have closed.
void close_both(fixture& f, memory_peer& peer, outcome& closed) {
  f.w.client->close(closed.token());
  poll(f.w.io);
  peer.write(close_frame());
  peer.close();
  poll(f.w.io);
}

}  // namespace

TEST_SUITE("client: waits, closing") {
  TEST_CASE("a callback that begins while the server closes is interrupted by close at once") {
    fixture f({.info = wait_for_ever});
    memory_peer peer = f.w.open();
    close_by_server(f, peer);
    send_mail(f);
    CHECK(f.s.seen.back() == "info");
    outcome closed;
    f.w.client->close(closed.token());
    poll(f.w.io);
    CHECK(f.s.seen.back() == "info is interrupted");
    peer.close();
    poll(f.w.io);
    CHECK(f.s.seen.back() == "terminate");
    CHECK(closed.ok());
  }

  TEST_CASE("a callback that begins while closing has the time of closing") {
    for (const bool by_server : {false, true}) {
      CAPTURE(by_server);
      fixture f({.info = wait_for_ever});
      memory_peer peer = f.w.open();
      if (by_server) {
        close_by_server(f, peer);
      } else {
        f.w.client->close([](std::error_code) {});
        poll(f.w.io);
      }
      f.w.let_pass(close_timeout - minutes(1));
      send_mail(f);
      f.w.let_pass(minutes(1) - seconds(1));
      CHECK(f.s.seen.back() == "info");
      f.w.let_pass(seconds(1));
      CHECK(f.s.seen[3] == "info is interrupted");
      CHECK(f.s.seen.back() == "terminate");
      CHECK(peer.client_closed());
      CHECK(f.w.ended.calls == 1);
    }
  }

  TEST_CASE("who waits for the end does not wait for such a callback any longer") {
    bool enough = false;
    std::optional<gate> g;
    fixture f({.info = [&] { return ignore_all(*g, enough); }});
    g.emplace(f.w.io);
    memory_peer peer = f.w.open();
    outcome closed;
    f.w.client->close(closed.token());
    poll(f.w.io);
    f.w.let_pass(minutes(1));
    send_mail(f);
    f.w.let_pass(close_timeout - minutes(1));
    CHECK(closed.failed(wsx::errc::close_timeout));
    CHECK(f.w.ended.failed(wsx::errc::close_timeout));
    CHECK(peer.client_closed());
    CHECK(f.s.terminated.empty());
    enough = true;
    g->open();
    poll(f.w.io);
    CHECK(f.s.seen.back() == "terminate");
    CHECK(f.s.terminated.size() == 1);
    g.reset();  // before the I/O context
  }

  TEST_CASE("one that ends within its interruption leaves no deadline to the next") {
    bool enough = false;
    std::optional<gate> g;
    fixture f(
        {.text = wait_for_cancellation, .disconnect = [&] { return ignore_all(*g, enough); }});
    g.emplace(f.w.io);
    memory_peer peer = f.open_and_go();
    outcome closed;
    close_both(f, peer, closed);
    CHECK(f.s.seen == lines{"init", "connect", "text", "text is interrupted", "disconnect"});
    f.w.let_pass(close_timeout * 2);
    CHECK(!closed.done());
    CHECK(!f.w.ended.done());
    enough = true;
    g->open();
    poll(f.w.io);
    CHECK(closed.ok());
    CHECK(f.w.ended.ok());
    CHECK(f.s.seen.back() == "terminate");
    g.reset();  // before the I/O context
  }

  TEST_CASE("a handle_disconnect that ignores a signal: close does not wait beyond close_timeout") {
    bool enough = false;
    std::optional<gate> g;
    fixture f({.disconnect = [&] { return ignore_all(*g, enough); }});
    g.emplace(f.w.io);
    f.w.client->watch_signal(SIGUSR1);
    memory_peer peer = f.w.open();
    outcome closed;
    close_both(f, peer, closed);
    CHECK(f.s.seen.back() == "disconnect");
    std::raise(SIGUSR1);
    poll(f.w.io);
    f.w.let_pass(close_timeout);
    CHECK(closed.ok());
    CHECK(f.w.ended.ok());
    CHECK(f.s.terminated.empty());
    enough = true;
    g->open();
    poll(f.w.io);
    CHECK(f.s.seen.back() == "terminate");
    CHECK(f.w.ended.calls == 1);
    g.reset();  // before the I/O context
  }

  TEST_CASE("nor does abort, long after the signal") {
    bool enough = false;
    std::optional<gate> g;
    fixture f({.disconnect = [&] { return ignore_all(*g, enough); }});
    g.emplace(f.w.io);
    f.w.client->watch_signal(SIGUSR1);
    f.w.open().close();
    poll(f.w.io);
    std::raise(SIGUSR1);
    poll(f.w.io);
    f.w.let_pass(close_timeout * 2);
    CHECK(!f.w.ended.done());
    f.w.client->abort();
    f.w.let_pass(close_timeout);
    CHECK(f.w.ended.failed(wsx::errc::aborted));
    enough = true;
    g->open();
    poll(f.w.io);
    CHECK(f.s.terminated.size() == 1);
    CHECK(f.w.ended.calls == 1);
    g.reset();  // before the I/O context
  }

  TEST_CASE("a signal interrupts handle_disconnect, not a message's callback that comes before") {
    std::optional<gate> g;
    fixture f({.text = [&] { return g->wait(); }, .info = [&] { return g->wait(); }});
    g.emplace(f.w.io);
    f.w.client->watch_signal(SIGUSR1);
    memory_peer peer = f.open_and_go();
    // It is waiting when the connection ends, so that it is given out before handle_disconnect.
    f.w.client->post_after(minutes(0), 1);
    peer.close();
    poll(f.w.io);
    g->open();
    poll(f.w.io);
    CHECK(f.s.seen.back() == "info");
    std::raise(SIGUSR1);
    poll(f.w.io);
    CHECK(f.s.seen.back() == "info");
    g->open();
    poll(f.w.io);
    CHECK(f.s.seen == lines{"init", "connect", "text", "text is through", "info", "info is through",
                            "disconnect", "terminate"});
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
    world<holds> w(by_hand, {&where, &enough, &errors});
    std::optional<gate> g(std::in_place, w.io);
    where = &*g;
    w.open().close();
    poll(w.io);
    w.client->abort();
    w.let_pass(close_timeout);
    CHECK(w.ended.failed(wsx::errc::aborted));
    enough = true;
    g->open();
    poll(w.io);
    CHECK(errors == std::vector<std::error_code>(2, wsx::errc::connection_dropped));
    g.reset();  // before the I/O context
  }

  TEST_CASE("abort while a message's callback waits: the transport has no say in how it ended") {
    fixture f({.cast = wait_for_ever});
    f.w.open();
    f.w.client->cast(1);
    poll(f.w.io);
    CHECK(f.s.seen.back() == "cast");
    f.w.client->abort();
    poll(f.w.io);
    CHECK(f.w.ended.failed(wsx::errc::aborted));
    CHECK(f.w.ended.reason.origin == wsx::close_origin::local);
    REQUIRE(f.s.terminated.size() == 1);
    CHECK(f.s.terminated[0].error == wsx::errc::aborted);
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
    g.emplace(w.io);
  }

  // The server's time has run out then.
  memory_peer wait_for_long() {
    memory_peer peer = open_and_go();
    w.let_pass(minutes(1));
    const auto ping = peer.take_frame();
    REQUIRE(ping);
    CHECK(ping->opcode == opcodes::ping);
    w.let_pass(minutes(2));
    CHECK(!w.ended.done());
    return peer;
  }

  void go_on() {
    g->open();
    poll(w.io);
  }

  std::optional<gate> g;
};

}  // namespace

TEST_SUITE("client: waits, longer than a ping") {
  TEST_CASE("what has come meanwhile shows that the server lives") {
    outlasting f;
    memory_peer peer = f.wait_for_long();
    peer.write(pong_frame("late"));
    f.go_on();
    CHECK(f.s.seen == lines{"init", "connect", "text", "text is through", "pong"});
    CHECK(f.w.client->is_open());
    CHECK(works(f.w, peer));
    f.g.reset();  // before the I/O context
  }

  TEST_CASE("if nothing has come it is given up") {
    outlasting f;
    memory_peer peer = f.wait_for_long();
    f.go_on();
    CHECK(f.w.ended.failed(wsx::errc::ping_timeout));
    CHECK(peer.client_closed());
    f.g.reset();  // before the I/O context
  }

  TEST_CASE("closing has its own time") {
    outlasting f;
    memory_peer peer = f.wait_for_long();
    outcome closed;
    f.w.client->close(closed.token());
    poll(f.w.io);
    CHECK(f.s.seen.back() == "text is interrupted");
    CHECK(frames_of(peer) == lines{"close without a code"});
    CHECK(!f.w.ended.done());
    peer.write(close_frame());
    peer.close();
    poll(f.w.io);
    CHECK(closed.ok());
    CHECK(f.w.ended.ok());
    CHECK(f.w.ended.reason.clean);
    f.g.reset();  // before the I/O context
  }
}
