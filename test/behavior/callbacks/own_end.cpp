#include "coroutine_handler.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include <optional>
#include <utility>

// A callback that awaits the end of its own client would wait for ever: it is told so.

namespace {

using namespace client_test;
using namespace client_test::waits;

// Awaits one of the two in a callback, and says how that failed.
asio::awaitable<void> await_end(world<scripted>& w, bool close, lines& errors) {
  try {
    if (close) {
      auto closing = w.client->close();
      co_await std::move(closing);
    } else {
      auto joining = w.client->join();
      co_await std::move(joining);
    }
    errors.push_back("none");
  } catch (const wsx::system_error& e) {
    errors.push_back(e.code() == wsx::errc::would_deadlock ? "would_deadlock" : e.what());
  }
}

// The same in a coroutine of its own that the callback has called.
asio::awaitable<void> await_end_below(world<scripted>& w, bool close, lines& errors) {
  auto below = await_end(w, close, errors);
  co_await std::move(below);
}

}  // namespace

TEST_SUITE("client: waits for itself") {
  TEST_CASE("close and join in a callback fail at once, and nothing is begun") {
    for (const bool close : {true, false}) {
      CAPTURE(close);
      lines errors;
      world<scripted>* w = nullptr;
      const body b = [&] { return await_end(*w, close, errors); };
      fixture f({.init = b, .connect = b, .text = b, .ping = b, .pong = b, .cast = b, .info = b});
      w = &f.w;
      memory_peer peer = f.w.open();
      CHECK(f.w.connected.ok());
      peer.write(text_frame("a"));
      peer.write(ping_frame("b"));
      peer.write(pong_frame("c"));
      poll(f.w.io);
      f.w.client->cast(1);
      f.w.client->post(1);
      poll(f.w.io);
      CHECK(errors == lines(7, "would_deadlock"));
      CHECK(frames_of(peer).empty());
      CHECK(works(f.w, peer));
      CHECK(!f.w.ended.done());
    }
  }

  TEST_CASE("in handle_disconnect and terminate, too") {
    for (const bool close : {true, false}) {
      CAPTURE(close);
      lines errors;
      world<scripted>* w = nullptr;
      const body b = [&] { return await_end(*w, close, errors); };
      fixture f({.disconnect = b, .terminate = b});
      w = &f.w;
      f.w.open().close();
      poll(f.w.io);
      CHECK(errors == lines(2, "would_deadlock"));
      CHECK(f.w.ended.calls == 1);
    }
  }

  TEST_CASE("in a coroutine that the callback awaits") {
    lines errors;
    world<scripted>* w = nullptr;
    fixture f({.text = [&] { return await_end_below(*w, true, errors); }});
    w = &f.w;
    memory_peer peer = f.open_and_go();
    CHECK(errors == lines{"would_deadlock"});
    CHECK(works(f.w, peer));
  }

  TEST_CASE("after the callback has waited, too") {
    lines errors;
    world<scripted>* w = nullptr;
    std::optional<gate> g;
    fixture f({.text = [&]() -> asio::awaitable<void> {
      auto waiting = g->wait();
      co_await std::move(waiting);
      auto ending = await_end(*w, true, errors);
      co_await std::move(ending);
    }});
    w = &f.w;
    g.emplace(f.w.io);
    memory_peer peer = f.open_and_go();
    g->open();
    poll(f.w.io);
    CHECK(errors == lines{"would_deadlock"});
    CHECK(works(f.w, peer));
    g.reset();  // before the I/O context
  }

  TEST_CASE("a coroutine that the callback has spawned may, while that waits or is through") {
    for (const bool close : {true, false}) {
      for (const bool waits : {true, false}) {
        CAPTURE(close);
        CAPTURE(waits);
        lines errors;
        world<scripted>* w = nullptr;
        std::optional<gate> g;
        fixture f({.text = [&]() -> asio::awaitable<void> {
          const auto executor = co_await asio::this_coro::executor;
          asio::co_spawn(executor, await_end(*w, close, errors), asio::detached);
          if (!waits) co_return;
          auto waiting = g->wait();
          co_await std::move(waiting);
        }});
        w = &f.w;
        g.emplace(f.w.io);
        memory_peer peer = f.open_and_go();
        CHECK(errors.empty());
        if (!close) {
          f.w.client->close([](std::error_code) {});
          poll(f.w.io);
        }
        CHECK(frames_of(peer) == lines{"close without a code"});
        peer.write(close_frame());
        peer.close();
        poll(f.w.io);
        CHECK(errors == lines{"none"});
        CHECK(f.w.ended.ok());
        g.reset();  // before the I/O context
      }
    }
  }

  TEST_CASE("a callback may wait for the end of another client") {
    lines errors;
    fixture other({}, "other");
    fixture f({.text = [&] { return await_end(other.w, true, errors); }});
    memory_peer there = other.w.open();
    there.discard_written();
    f.open_and_go();
    poll(other.w.io);
    CHECK(frames_of(there) == lines{"close without a code"});
    there.write(close_frame());
    there.close();
    poll(other.w.io);
    poll(f.w.io);
    CHECK(errors == lines{"none"});
    CHECK(other.w.ended.ok());
    CHECK(f.w.client->is_open());
  }
}
