#include "coroutine_handler.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include <optional>
#include <utility>

// A callback that awaits the end of its own client would wait for ever: it gets an error.

namespace {

using namespace behavior_test;
using namespace behavior_test::coroutine_handlers;

// Awaits one of the two in a callback, and says how that failed.
asio::awaitable<void> await_end(client_fixture<scripted>& f, bool close, lines& errors) {
  try {
    if (close) {
      auto closing = f.client->close();
      co_await std::move(closing);
    } else {
      auto joining = f.client->join();
      co_await std::move(joining);
    }
    errors.push_back("none");
  } catch (const wsx::system_error& e) {
    errors.push_back(e.code() == wsx::errc::would_deadlock ? "would_deadlock" : e.what());
  }
}

// Awaits it in a coroutine of its own, which the callback has called.
asio::awaitable<void> await_end_below(client_fixture<scripted>& f, bool close, lines& errors) {
  auto below = await_end(f, close, errors);
  co_await std::move(below);
}

}  // namespace

TEST_SUITE("behavior/callbacks/own_end") {
  TEST_CASE("close and join in a callback fail at once, and nothing is begun") {
    for (const bool close : {true, false}) {
      CAPTURE(close);
      lines errors;
      client_fixture<scripted>* self = nullptr;
      const body b = [&] { return await_end(*self, close, errors); };
      fixture f({.init = b, .connect = b, .text = b, .ping = b, .pong = b, .cast = b, .info = b});
      self = &f;
      memory_peer peer = f.open();
      CHECK(f.connected.ok());
      peer.write(text_frame("a"));
      peer.write(ping_frame("b"));
      peer.write(pong_frame("c"));
      poll(f.io);
      f.client->cast(1);
      f.client->post(1);
      poll(f.io);
      CHECK(errors == lines(7, "would_deadlock"));
      CHECK(frames_of(peer).empty());
      CHECK(works(f, peer));
      CHECK(!f.ended.done());
    }
  }

  TEST_CASE("close and join fail in handle_disconnect and terminate") {
    for (const bool close : {true, false}) {
      CAPTURE(close);
      lines errors;
      client_fixture<scripted>* self = nullptr;
      const body b = [&] { return await_end(*self, close, errors); };
      fixture f({.disconnect = b, .terminate = b});
      self = &f;
      f.open().close();
      poll(f.io);
      CHECK(errors == lines(2, "would_deadlock"));
      CHECK(f.ended.calls == 1);
    }
  }

  TEST_CASE("in a coroutine that the callback awaits") {
    lines errors;
    client_fixture<scripted>* self = nullptr;
    fixture f({.text = [&] { return await_end_below(*self, true, errors); }});
    self = &f;
    memory_peer peer = f.open_and_go();
    CHECK(errors == lines{"would_deadlock"});
    CHECK(works(f, peer));
  }

  TEST_CASE("close and join fail after the callback has waited") {
    lines errors;
    client_fixture<scripted>* self = nullptr;
    std::optional<gate> g;
    fixture f({.text = [&]() -> asio::awaitable<void> {
      auto waiting = g->wait();
      co_await std::move(waiting);
      auto ending = await_end(*self, true, errors);
      co_await std::move(ending);
    }});
    self = &f;
    g.emplace(f.io);
    memory_peer peer = f.open_and_go();
    g->open();
    poll(f.io);
    CHECK(errors == lines{"would_deadlock"});
    CHECK(works(f, peer));
    g.reset();  // before the I/O context
  }

  TEST_CASE("a coroutine that the callback has spawned may, while that waits or is through") {
    for (const bool close : {true, false}) {
      for (const bool waits : {true, false}) {
        CAPTURE(close);
        CAPTURE(waits);
        lines errors;
        client_fixture<scripted>* self = nullptr;
        std::optional<gate> g;
        fixture f({.text = [&]() -> asio::awaitable<void> {
          const auto executor = co_await asio::this_coro::executor;
          asio::co_spawn(executor, await_end(*self, close, errors), asio::detached);
          if (!waits) co_return;
          auto waiting = g->wait();
          co_await std::move(waiting);
        }});
        self = &f;
        g.emplace(f.io);
        memory_peer peer = f.open_and_go();
        CHECK(errors.empty());
        if (!close) {
          f.client->close([](std::error_code) {});
          poll(f.io);
        }
        CHECK(frames_of(peer) == lines{"close without a code"});
        peer.write(close_frame());
        peer.close();
        poll(f.io);
        CHECK(errors == lines{"none"});
        CHECK(f.ended.ok());
        g.reset();  // before the I/O context
      }
    }
  }

  TEST_CASE("a callback may wait for the end of another client") {
    lines errors;
    fixture other({}, "other");
    fixture f({.text = [&] { return await_end(other, true, errors); }});
    memory_peer there = other.open();
    there.discard_written();
    f.open_and_go();
    poll(other.io);
    CHECK(frames_of(there) == lines{"close without a code"});
    there.write(close_frame());
    there.close();
    poll(other.io);
    poll(f.io);
    CHECK(errors == lines{"none"});
    CHECK(other.ended.ok());
    CHECK(f.client->is_open());
  }
}
