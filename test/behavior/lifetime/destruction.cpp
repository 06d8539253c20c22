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

// A client may be destroyed at any moment: nothing of it is left, operations that wait complete,
// and its handler is called no more.

namespace {

using namespace behavior_test;
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
  std::function<void(client_fixture<plain>&, outcome& pending)> reach;
};

const std::vector<state> states{
    {"idle", [](auto& f, auto& pending) { f.client->join(pending.join_token()); }},
    {"connecting",
     [](auto& f, auto& pending) {
       f.server.hold();
       f.client->connect(f.server.url(), pending.token());
     }},
    {"handshaking",
     [](auto& f, auto& pending) { f.client->connect(f.server.url(), pending.token()); }},
    {"open",
     [](auto& f, auto& pending) {
       f.open();
       f.client->join(pending.join_token());
     }},
    {"sending",
     [](auto& f, auto& pending) {
       static const std::string big(3'000'000, 'x');
       f.open().allow_write(1000);
       f.client->send(wsx::text{big}, pending.token());
     }},
    {"flushing",
     [](auto& f, auto& pending) {
       f.open().allow_write(0);
       f.client->try_send(wsx::text{"hello"});
       f.client->flush(pending.token());
     }},
    {"closing",
     [](auto& f, auto& pending) {
       f.open();
       f.client->close(wsx::close_code::normal, "", pending.token());
     }},
    {"pausing before a reconnect",
     [](auto& f, auto& pending) {
       f.open().close();
       poll(f.io);
       f.client->join(pending.join_token());
     }},
};

// Has `check` called with a client for each state, and what brings it there.
template <class Check>
void for_each_state(Check check) {
  for (const auto& s : states) {
    CAPTURE(s.name);
    calls seen;
    outcome pending;
    client_fixture<plain> f({&seen});
    check(f, [&] { s.reach(f, pending); });
    CHECK(run_out(f.io));
    CHECK(pending.calls == 1);
    CHECK(pending.error);
    CHECK(seen.terminated == 0);
  }
}

}  // namespace

TEST_SUITE("behavior/lifetime/destruction: from outside") {
  TEST_CASE("in each state, with somebody waiting") {
    for_each_state([](auto& f, auto reach) {
      reach();
      poll(f.io);
      f.client.reset();
    });
  }

  TEST_CASE("in each state, with timers and signals that wait") {
    for_each_state([](auto& f, auto reach) {
      f.client->post_after(std::chrono::hours(1), 1);
      f.client->watch_signal(SIGUSR2);
      reach();
      poll(f.io);
      f.client.reset();
    });
  }

  TEST_CASE("in each state, before the loop has run") {
    for_each_state([](auto& f, auto reach) {
      reach();
      f.client.reset();
    });
  }

  TEST_CASE("of the whole execution context, with everything pending") {
    for (const auto& s : states) {
      CAPTURE(s.name);
      calls seen;
      outcome pending;
      {
        client_fixture<plain> f({&seen});
        f.client->post_after(std::chrono::hours(1), 1);
        f.client->watch_signal(SIGUSR2);
        s.reach(f, pending);
        poll(f.io);
      }
      CHECK(seen.terminated == 0);
    }
  }

  TEST_CASE("after the end") {
    calls seen;
    client_fixture<waiting> f({&seen});
    memory_peer peer = f.open();
    peer.write(close_frame(1000));
    peer.close();
    poll(f.io);
    CHECK(f.ended.ok());
    f.client.reset();
    CHECK(run_out(f.io));
    CHECK(seen.terminated == 1);
  }

  TEST_CASE("while a callback waits") {
    calls seen;
    client_fixture<waiting> f({&seen});
    f.open().write(text_frame("a"));
    poll(f.io);
    REQUIRE(seen.frames == 1);
    f.client.reset();
    CHECK(run_out(f.io));
    // What the callback waited for has been canceled.
    CHECK(seen.ended_waits == 1);
    CHECK(seen.terminated == 0);
    CHECK(f.ended.failed(wsx::errc::aborted));
  }

  TEST_CASE("of the context while a callback waits") {
    calls seen;
    {
      client_fixture<waiting> f({&seen});
      f.open().write(text_frame("a"));
      poll(f.io);
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

// Callbacks that are coroutines: the client goes before or after a suspension.
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
void live_and_die(client_fixture<Handler>& f) {
  f.handler().die = [&] { f.client.reset(); };
  f.client->post(1);
  memory_peer peer = f.dial();
  peer.accept();
  poll(f.io);
  peer.write(text_frame("a"));
  peer.write(text_frame("b"));
  peer.write(ping_frame("a"));
  peer.write(pong_frame("a"));
  f.run_until([&] { return !f.client || peer.bytes_written() > 0; });
  poll(f.io);
  // Either the client is gone by now, or it is to go when it ends.
  if (f.client) f.client->abort();
  CHECK(run_out(f.io));
}

}  // namespace

TEST_SUITE("behavior/lifetime/destruction: from within") {
  TEST_CASE("each callback") {
    for (const char* const where : {"init", "handle_connect", "handle_frame", "handle_ping",
                                    "handle_pong", "handle_info", "handle_cast", "terminate"}) {
      CAPTURE(where);
      calls seen;
      client_fixture<suicidal> f({where, {}, &seen});
      f.client->cast(1);
      live_and_die(f);
      CHECK(!f.client);
      CHECK(seen.frames == 0);
      CHECK(f.connected.calls == 1);
      CHECK(f.ended.calls == 1);
      CHECK(f.ended.error);
    }
  }

  TEST_CASE("handle_disconnect, which then may say what it will") {
    calls seen;
    client_fixture<suicidal> f({"handle_disconnect", {}, &seen});
    f.handler().die = [&] { f.client.reset(); };
    f.open().close();
    CHECK(run_out(f.io));
    CHECK(!f.client);
    CHECK(seen.frames == 0);
    CHECK(f.server.accepted() == 1);
  }

  TEST_CASE("a callback that is a coroutine") {
    for (const std::string where : {"handle_connect", "handle_frame", "handle_info", "terminate"}) {
      for (const std::string when : {"", " later"}) {
        CAPTURE(where + when);
        client_fixture<suicidal_coroutine> f({where + when, {}});
        live_and_die(f);
        CHECK(!f.client);
        CHECK(f.ended.calls == 1);
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

TEST_SUITE("behavior/lifetime/destruction: ownership") {
  TEST_CASE("a detached client lives until it ends") {
    auto alive = std::make_shared<int>();
    const std::weak_ptr<int> watched = alive;
    client_fixture<owner> f({std::move(alive)});
    memory_peer peer = f.open();
    f.client->detach();
    f.client.reset();
    poll(f.io);
    CHECK(!watched.expired());
    CHECK(!peer.client_closed());
    peer.write(close_frame(1000));
    peer.close();
    CHECK(run_out(f.io));
    CHECK(watched.expired());
    CHECK(f.ended.ok());
  }

  TEST_CASE("a client that is not detached takes its handler with it") {
    auto alive = std::make_shared<int>();
    const std::weak_ptr<int> watched = alive;
    client_fixture<owner> f({std::move(alive)});
    f.open();
    f.client.reset();
    CHECK(run_out(f.io));
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
    client_fixture<plain> f({&seen});
    auto sender = f.client->make_sender();
    f.open();
    CHECK(sender.try_send(wsx::text{"a"}));
    poll(f.io);
    f.client.reset();
    poll(f.io);
    std::error_code error;
    CHECK(!sender.try_send(wsx::text{"a"}, error));
    CHECK(error == wsx::errc::not_connected);
    outcome sent;
    sender.send(wsx::text{"a"}, sent.token());
    CHECK(run_out(f.io));
    CHECK(sent.failed(wsx::errc::not_connected));
  }
}
