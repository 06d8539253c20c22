#include "../support.hpp"

#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <csignal>
#include <functional>
#include <memory>

// A client may go at any moment: nothing of it is left, whoever waits is told, and its handler is
// called no more.

namespace {

using namespace client_test;
using namespace wsx::testing;

struct calls {
  int frames = 0;
  int terminated = 0;
  int ended_waits = 0;
};

struct plain {
  calls* seen;
  void handle_frame(wsx::text) { ++seen->frames; }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) {
    return wsx::reconnect_after(std::chrono::hours(1));
  }
  void handle_info(int) {}
  void handle_info(wsx::signal) {}
  void terminate(const wsx::close_reason&) { ++seen->terminated; }
};

// Waits in each frame until the client ends.
struct waiting {
  calls* seen;
  asio::awaitable<void> handle_frame(wsx::text) {
    ++seen->frames;
    asio::steady_timer never(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    std::error_code canceled;
    co_await never.async_wait(asio::redirect_error(asio::use_awaitable, canceled));
    ++seen->ended_waits;
  }
  void terminate(const wsx::close_reason&) { ++seen->terminated; }
};

// Brings a client into one of its states.
struct state {
  const char* name;
  std::function<void(world<plain>&, outcome& pending)> reach;
};

const std::vector<state> states{
    {"idle", [](auto& w, auto& pending) { w.client->join(pending.join_token()); }},
    {"connecting",
     [](auto& w, auto& pending) {
       w.server.hold();
       w.client->connect(w.server.url(), pending.token());
     }},
    {"handshaking",
     [](auto& w, auto& pending) { w.client->connect(w.server.url(), pending.token()); }},
    {"open",
     [](auto& w, auto& pending) {
       w.open();
       w.client->join(pending.join_token());
     }},
    {"sending",
     [](auto& w, auto& pending) {
       static const std::string big(3'000'000, 'x');
       w.open().allow_write(1000);
       w.client->send(wsx::text{big}, pending.token());
     }},
    {"flushing",
     [](auto& w, auto& pending) {
       w.open().allow_write(0);
       w.client->try_send(wsx::text{"hello"});
       w.client->flush(pending.token());
     }},
    {"closing",
     [](auto& w, auto& pending) {
       w.open();
       w.client->close(wsx::close_code::normal, "", pending.token());
     }},
    {"pausing before a reconnect",
     [](auto& w, auto& pending) {
       w.open().close();
       poll(w.io);
       w.client->join(pending.join_token());
     }},
};

void poll_server(world<plain>& w) {
  poll(w.io);
}

}  // namespace

TEST_SUITE("client: destruction") {
  TEST_CASE("in each state, with somebody waiting") {
    for (const auto& s : states) {
      CAPTURE(s.name);
      calls seen;
      outcome pending;
      world<plain> w({&seen});
      s.reach(w, pending);
      poll_server(w);
      REQUIRE(pending.calls == 0);
      w.client.reset();
      CHECK(run_out(w.io));
      CHECK(pending.calls == 1);
      CHECK(pending.error);
      CHECK(seen.terminated == 0);
    }
  }

  TEST_CASE("in each state, with timers and signals that wait") {
    for (const auto& s : states) {
      CAPTURE(s.name);
      calls seen;
      outcome pending;
      world<plain> w({&seen});
      w.client->post_after(std::chrono::hours(1), 1);
      w.client->watch_signal(SIGUSR2);
      s.reach(w, pending);
      poll_server(w);
      w.client.reset();
      CHECK(run_out(w.io));
    }
  }

  TEST_CASE("in each state, before the loop has run") {
    for (const auto& s : states) {
      CAPTURE(s.name);
      calls seen;
      outcome pending;
      world<plain> w({&seen});
      s.reach(w, pending);
      w.client.reset();
      CHECK(run_out(w.io));
      CHECK(pending.calls == 1);
      CHECK(seen.terminated == 0);
    }
  }

  TEST_CASE("of the whole execution context, with everything pending") {
    for (const auto& s : states) {
      CAPTURE(s.name);
      calls seen;
      outcome pending;
      {
        world<plain> w({&seen});
        w.client->post_after(std::chrono::hours(1), 1);
        w.client->watch_signal(SIGUSR2);
        s.reach(w, pending);
        poll_server(w);
      }
      CHECK(seen.terminated == 0);
    }
  }

  TEST_CASE("after the end") {
    calls seen;
    world<waiting> w({&seen});
    memory_peer peer = w.open();
    peer.write(close_frame(1000));
    peer.close();
    poll(w.io);
    CHECK(w.ended.ok());
    w.client.reset();
    CHECK(run_out(w.io));
    CHECK(seen.terminated == 1);
  }

  TEST_CASE("while a callback waits") {
    calls seen;
    world<waiting> w({&seen});
    w.open().write(text_frame("a"));
    poll(w.io);
    REQUIRE(seen.frames == 1);
    w.client.reset();
    CHECK(run_out(w.io));
    // What the callback waited for has been canceled.
    CHECK(seen.ended_waits == 1);
    CHECK(seen.terminated == 0);
    CHECK(w.ended.failed(wsx::errc::aborted));
  }

  TEST_CASE("of the context while a callback waits") {
    calls seen;
    {
      world<waiting> w({&seen});
      w.open().write(text_frame("a"));
      poll(w.io);
      REQUIRE(seen.frames == 1);
    }
    CHECK(seen.ended_waits == 0);
    CHECK(seen.terminated == 0);
  }
}

namespace {

// Destroys its client within whichever callback is asked for.
struct suicidal {
  std::string where;
  std::function<void()> die;
  calls* seen;
  bool dead = false;

  void at(const char* here) {
    if (dead) ++seen->frames;  // a callback after the end
    if (where != here) return;
    dead = true;
    die();
  }

  void init(const wsx::connection_info&) { at("init"); }
  void handle_connect(const wsx::connection_info&) { at("handle_connect"); }
  void handle_frame(wsx::text) { at("handle_frame"); }
  void handle_ping(wsx::ping) { at("handle_ping"); }
  void handle_pong(wsx::pong) { at("handle_pong"); }
  void handle_cast(int) { at("handle_cast"); }
  void handle_info(int) { at("handle_info"); }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) {
    at("handle_disconnect");
    return wsx::reconnect();
  }
  void terminate(const wsx::close_reason&) { at("terminate"); }
};

// The same with coroutines: the client goes before and after a suspension.
struct suicidal_coroutine {
  std::string where;
  std::function<void()> die;

  asio::awaitable<void> at(std::string here) {
    if (where == here) die();
    asio::steady_timer soon(co_await asio::this_coro::executor, std::chrono::nanoseconds(1));
    std::error_code ignored;
    co_await soon.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (where == here + " later") die();
  }

  asio::awaitable<void> handle_connect(const wsx::connection_info&) { return at("handle_connect"); }
  asio::awaitable<void> handle_frame(wsx::text) { return at("handle_frame"); }
  asio::awaitable<void> handle_info(int) { return at("handle_info"); }
  asio::awaitable<void> terminate(const wsx::close_reason&) { return at("terminate"); }
};

template <class Handler>
void live_and_die(world<Handler>& w) {
  w.handler().die = [&] { w.client.reset(); };
  w.client->post(1);
  memory_peer peer = w.dial();
  peer.accept();
  poll(w.io);
  peer.write(text_frame("a"));
  peer.write(text_frame("b"));
  peer.write(ping_frame("a"));
  peer.write(pong_frame("a"));
  run_until(w.io, [&] { return !w.client || peer.bytes_written() > 0; });
  poll(w.io);
  // Either the client is gone by now, or it is to go when it ends.
  if (w.client) w.client->abort();
  CHECK(run_out(w.io));
}

}  // namespace

TEST_SUITE("client: destruction from within") {
  TEST_CASE("each callback") {
    for (const char* const where : {"init", "handle_connect", "handle_frame", "handle_ping",
                                    "handle_pong", "handle_info", "handle_cast", "terminate"}) {
      CAPTURE(where);
      calls seen;
      world<suicidal> w({where, {}, &seen});
      w.client->cast(1);
      live_and_die(w);
      CHECK(!w.client);
      CHECK(seen.frames == 0);
      CHECK(w.connected.calls == 1);
      CHECK(w.ended.calls == 1);
      CHECK(w.ended.error);
    }
  }

  TEST_CASE("handle_disconnect, which then may say what it will") {
    calls seen;
    world<suicidal> w({"handle_disconnect", {}, &seen});
    w.handler().die = [&] { w.client.reset(); };
    w.open().close();
    CHECK(run_out(w.io));
    CHECK(!w.client);
    CHECK(seen.frames == 0);
    CHECK(w.server.accepted() == 1);
  }

  TEST_CASE("a callback that is a coroutine") {
    for (const std::string where : {"handle_connect", "handle_frame", "handle_info", "terminate"}) {
      for (const std::string when : {"", " later"}) {
        CAPTURE(where + when);
        world<suicidal_coroutine> w({where + when, {}});
        live_and_die(w);
        CHECK(!w.client);
        CHECK(w.ended.calls == 1);
      }
    }
  }
}

namespace {

struct owner {
  std::shared_ptr<int> alive;
  void handle_frame(wsx::text) {}
};

asio::awaitable<void> use_client(std::string url, outcome* over) {
  memory_client<plain> client{co_await asio::this_coro::executor, plain{nullptr}, calm()};
  co_await client.connect(url);
  const auto reason = co_await client.join();
  ++over->calls;
}

}  // namespace

TEST_SUITE("client: ownership") {
  TEST_CASE("a detached client lives until it ends") {
    auto alive = std::make_shared<int>();
    const std::weak_ptr<int> watched = alive;
    world<owner> w({std::move(alive)});
    memory_peer peer = w.open();
    w.client->detach();
    w.client.reset();
    poll(w.io);
    CHECK(!watched.expired());
    CHECK(!peer.client_closed());
    peer.write(close_frame(1000));
    peer.close();
    CHECK(run_out(w.io));
    CHECK(watched.expired());
    CHECK(w.ended.ok());
  }

  TEST_CASE("a client that is not detached takes its handler with it") {
    auto alive = std::make_shared<int>();
    const std::weak_ptr<int> watched = alive;
    world<owner> w({std::move(alive)});
    w.open();
    w.client.reset();
    CHECK(run_out(w.io));
    CHECK(watched.expired());
  }

  TEST_CASE("a context that ends with a client in a coroutine on it") {
    outcome over;
    memory_listener server{"server"};
    {
      asio::io_context io;
      asio::co_spawn(io, use_client(server.url(), &over), asio::detached);
      poll(io);
      memory_peer peer = server.next().value();
      peer.accept();
      poll(io);
      CHECK(!peer.client_closed());
    }
    CHECK(over.calls == 0);
  }

  TEST_CASE("a sender outlives its client") {
    calls seen;
    world<plain> w({&seen});
    auto sender = w.client->make_sender();
    w.open();
    CHECK(sender.try_send(wsx::text{"a"}));
    poll(w.io);
    w.client.reset();
    poll(w.io);
    std::error_code error;
    CHECK(!sender.try_send(wsx::text{"a"}, error));
    CHECK(error == wsx::errc::not_connected);
    outcome sent;
    sender.send(wsx::text{"a"}, sent.token());
    CHECK(run_out(w.io));
    CHECK(sent.failed(wsx::errc::not_connected));
  }
}
