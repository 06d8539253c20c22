#include "coroutine_handler.hpp"

#include <asio/cancellation_state.hpp>

#include <optional>
#include <string>
#include <vector>

// What a callback that waits is told of its client's end, and what the client does about one that
// does not listen.

namespace {

using namespace behavior_test;
using namespace behavior_test::coroutine_handlers;
using std::chrono::minutes;
using std::chrono::seconds;

// One that is interrupted may wait once more; then Asio throws before it does.
struct stubborn : fixture {
  stubborn() : fixture({.text = [this] { return wait_five_times(); }}), waits(std::in_place, io) {}

  asio::awaitable<void> wait_five_times() {
    for (int i = 0; i < 5; ++i) {
      auto waiting = waits->wait_once();
      co_await std::move(waiting);
    }
  }

  std::optional<gate> waits;
};

// One that ignores whatever it is told, until `release`.
struct deaf : fixture {
  deaf() : fixture({.text = [this] { return ignore_all(*g, enough); }}), g(std::in_place, io) {}

  void release() {
    enough = true;
    g->open();
    poll(io);
  }

  bool enough = false;
  std::optional<gate> g;
};

constexpr minutes close_timeout{5};  // that of calm()

// How a callback finds its cancellation state.
struct found {
  bool throws;
  asio::cancellation_type canceled;
  friend bool operator==(const found&, const found&) = default;
};

asio::awaitable<void> look(std::vector<found>& all) {
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  const auto state = co_await asio::this_coro::cancellation_state;
  all.push_back({throws, state.cancelled()});
}

// What a callback can do to its state.
asio::awaitable<void> change_state(int how) {
  switch (how) {
    case 0: co_await asio::this_coro::throw_if_cancelled(true); break;
    case 1: co_await asio::this_coro::throw_if_cancelled(false); break;
    case 2: co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation()); break;
    default:
      co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
      break;
  }
}

}  // namespace

TEST_SUITE("behavior/callbacks/coroutine_callbacks") {
  TEST_CASE("each callback has a state of its own, whatever another did to its own") {
    for (int how = 0; how < 4; ++how) {
      CAPTURE(how);
      std::vector<found> all;
      const auto looks_and_changes = [&]() -> asio::awaitable<void> {
        auto looking = look(all);
        co_await std::move(looking);
        auto changing = change_state(how);
        co_await std::move(changing);
      };
      const body b = looks_and_changes;
      fixture f({.init = b,
                 .connect = b,
                 .text = b,
                 .ping = b,
                 .pong = b,
                 .cast = b,
                 .info = b,
                 .disconnect = b,
                 .terminate = b});
      memory_peer peer = f.open();
      peer.write(text_frame("a"));
      peer.write(ping_frame("b"));
      peer.write(pong_frame("c"));
      peer.write(text_frame("d"));
      poll(f.io);
      f.client->cast(1);
      f.client->post(1);
      poll(f.io);
      peer.close();
      poll(f.io);
      CHECK(f.terminated.size() == 1);
      CHECK(all == std::vector<found>(10, {true, asio::cancellation_type::none}));
    }
  }

  TEST_CASE("one is interrupted whatever another before it did to its own state") {
    for (int how = 0; how < 4; ++how) {
      CAPTURE(how);
      fixture f({.text = wait_for_ever, .binary = [&] { return change_state(how); }});
      memory_peer peer = f.open();
      peer.write(binary_frame("first"));
      peer.write(text_frame("then"));
      poll(f.io);
      f.client->abort();
      poll(f.io);
      CHECK(f.seen == lines{"init", "connect", "binary", "binary is through", "text",
                            "text is interrupted", "terminate"});
      CHECK(f.ended.failed(wsx::errc::aborted));
      CHECK(!f.ended.reason.exception);
    }
  }

  TEST_CASE("throw_if_cancelled(true), which is so anyway, changes nothing") {
    fixture f({.text = []() -> asio::awaitable<void> {
      co_await asio::this_coro::throw_if_cancelled(true);
      auto waiting = wait_for_ever();
      co_await std::move(waiting);
    }});
    f.open_and_go();
    f.client->abort();
    poll(f.io);
    CHECK(f.seen.back() == "terminate");
    CHECK(f.ended.failed(wsx::errc::aborted));
  }

  TEST_CASE("a stop is terminal, as co_spawn lets through, and nothing else") {
    std::vector<asio::cancellation_type> kinds;
    fixture f({.text = [&]() -> asio::awaitable<void> {
      co_await asio::this_coro::throw_if_cancelled(false);
      const auto executor = co_await asio::this_coro::executor;
      asio::steady_timer never(executor, asio::steady_timer::time_point::max());
      std::error_code ignored;
      co_await never.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      const auto state = co_await asio::this_coro::cancellation_state;
      kinds.push_back(state.cancelled());
    }});
    f.open_and_go();
    f.client->abort();
    poll(f.io);
    CHECK(kinds == std::vector{asio::cancellation_type::terminal});
  }

  TEST_CASE("a stop stays in force: a callback that swallows it cannot wait once more") {
    SUBCASE("abort") {
      stubborn f;
      f.open_and_go();
      CHECK(f.waits->waits == 1);
      f.client->abort();
      poll(f.io);
      CHECK(f.waits->waits == 1);  // where the second would begin Asio throws
      CHECK(f.seen.back() == "terminate");
      CHECK(f.terminated.size() == 1);
      CHECK(f.ended.failed(wsx::errc::aborted));
    }
    SUBCASE("the destructor") {
      stubborn f;
      f.open_and_go();
      f.client.reset();
      CHECK(run_out(f.io));
      CHECK(f.seen.back() == "text is interrupted");
      CHECK(f.terminated.empty());
      CHECK(f.handlers == 0);
      CHECK(f.ended.failed(wsx::errc::aborted));
    }
    SUBCASE("close") {
      stubborn f;
      memory_peer peer = f.open_and_go();
      outcome closed;
      f.client->close(closed.token());
      poll(f.io);
      CHECK(f.seen.back() == "text is interrupted");
      CHECK(frames_of(peer) == lines{"close without a code"});
      peer.write(close_frame());
      peer.close();
      poll(f.io);
      CHECK(closed.ok());
      CHECK(f.ended.ok());
      CHECK(f.terminated.size() == 1);
    }
  }

  TEST_CASE("session.close: the callback that closes cannot wait either") {
    struct closes {
      record* s;
      asio::awaitable<void> handle_frame(wsx::text, wsx::session& client) {
        CHECK(!client.close());
        s->seen.push_back("closed");
        try {
          auto waiting = wait_for_ever();
          co_await std::move(waiting);
        } catch (const std::system_error& e) {
          CHECK(e.code() == interrupted);
          s->seen.push_back("interrupted");
        }
      }
      void terminate(const wsx::close_reason&) { s->seen.push_back("terminate"); }
    };
    record s;
    client_fixture<closes> f({&s});
    memory_peer peer = f.open();
    peer.discard_written();
    peer.write(text_frame("go"));
    poll(f.io);
    CHECK(s.seen == lines{"closed", "interrupted"});
    CHECK(frames_of(peer) == lines{"close without a code"});
    peer.write(close_frame());
    peer.close();
    poll(f.io);
    CHECK(f.ended.ok());
    CHECK(s.seen.back() == "terminate");
  }

  TEST_CASE("the next callback is not interrupted by what interrupted one before it") {
    std::optional<gate> g;
    fixture f({.text = wait_for_ever,
               .disconnect = [&] { return g->wait(); },
               .terminate = [&] { return g->wait(); }});
    g.emplace(f.io);
    memory_peer peer = f.open_and_go();
    f.client->close([](std::error_code) {});
    poll(f.io);
    peer.write(close_frame());
    peer.close();
    poll(f.io);
    CHECK(f.seen.back() == "disconnect");
    g->open();
    poll(f.io);
    CHECK(f.seen.back() == "terminate");
    g->open();
    poll(f.io);
    CHECK(f.seen.back() == "terminate is through");
    CHECK(f.ended.ok());
    g.reset();  // before the I/O context
  }

  TEST_CASE("close_timeout bounds close and join, whatever a callback ignores") {
    deaf f;
    memory_peer peer = f.open_and_go();
    outcome closed;
    f.client->close(closed.token());
    poll(f.io);
    f.let_pass(close_timeout - seconds(1));
    CHECK(!closed.done());
    CHECK(!f.ended.done());
    f.let_pass(seconds(1));
    CHECK(closed.failed(wsx::errc::close_timeout));
    CHECK(f.ended.failed(wsx::errc::close_timeout));
    CHECK(f.ended.reason.error == wsx::errc::close_timeout);
    CHECK(peer.client_closed());
    // Callbacks are still one at a time.
    CHECK(f.terminated.empty());
    CHECK(f.handlers == 1);
    f.release();
    REQUIRE(f.terminated.size() == 1);
    CHECK(f.terminated[0].error == wsx::errc::close_timeout);
    CHECK(f.terminated[0].origin == f.ended.reason.origin);
    CHECK(f.seen == lines{"init", "connect", "text", "text is through", "terminate"});
    f.client.reset();
    CHECK(run_out(f.io));
    CHECK(f.terminated.size() == 1);
    CHECK(f.handlers == 0);
  }

  TEST_CASE("the same for abort: it is aborted, at the latest then") {
    deaf f;
    f.open_and_go();
    f.client->abort();
    poll(f.io);
    f.let_pass(close_timeout);
    CHECK(f.ended.failed(wsx::errc::aborted));
    CHECK(f.ended.reason.error == wsx::errc::aborted);
    CHECK(f.terminated.empty());
    f.release();
    REQUIRE(f.terminated.size() == 1);
    CHECK(f.terminated[0].error == wsx::errc::aborted);
  }

  TEST_CASE("join after that completes at once, with the same reason") {
    deaf f;
    f.open_and_go();
    f.client->abort();
    f.let_pass(close_timeout);
    outcome later;
    f.client->join(later.join_token());
    poll(f.io);
    CHECK(later.failed(wsx::errc::aborted));
    f.release();
    CHECK(f.terminated.size() == 1);
    CHECK(later.calls == 1);
    CHECK(f.ended.calls == 1);
  }

  TEST_CASE(
      "the client goes while a callback ignores its end: the handler stays until it is through") {
    for (const bool ended_before : {false, true}) {
      CAPTURE(ended_before);
      deaf f;
      f.open_and_go();
      if (ended_before) {
        f.client->close([](std::error_code) {});
        f.let_pass(close_timeout);
        CHECK(f.ended.done());
      }
      f.client.reset();
      poll(f.io);
      f.let_pass(close_timeout);
      CHECK(f.ended.calls == 1);
      CHECK(f.handlers == 1);
      f.release();
      CHECK(run_out(f.io));
      CHECK(f.seen.back() == "text is through");
      CHECK(f.terminated.empty());
      CHECK(f.handlers == 0);
    }
  }

  TEST_CASE("a client that is destroyed in its own callback, which then waits") {
    client_fixture<scripted>* self = nullptr;
    record* s = nullptr;
    int alive_then = 0;
    fixture f({.text = [&]() -> asio::awaitable<void> {
      self->client.reset();
      alive_then = s->handlers;
      auto waiting = wait_for_ever();
      co_await std::move(waiting);
    }});
    self = &f;
    s = &f;
    f.open_and_go();
    CHECK(alive_then == 1);
    CHECK(f.seen == lines{"init", "connect", "text", "text is interrupted"});
    CHECK(run_out(f.io));
    CHECK(f.handlers == 0);
    CHECK(f.ended.failed(wsx::errc::aborted));
  }

  TEST_CASE("terminate: join waits for it, but not beyond close_timeout") {
    for (const bool aborted : {false, true}) {
      for (const bool in_time : {true, false}) {
        CAPTURE(aborted);
        CAPTURE(in_time);
        std::optional<gate> g;
        bool enough = false;
        fixture f({.terminate = [&] { return ignore_all(*g, enough); }});
        g.emplace(f.io);
        memory_peer peer = f.open();
        if (aborted) {
          f.client->abort();
        } else {
          peer.write(close_frame(1000));
          peer.close();
        }
        poll(f.io);
        REQUIRE(f.seen.back() == "terminate");
        f.let_pass(close_timeout - seconds(1));
        CHECK(!f.ended.done());
        if (!in_time) f.let_pass(seconds(1));
        CHECK(f.ended.calls == (in_time ? 0 : 1));
        CHECK(f.handlers == 1);
        enough = true;
        g->open();
        poll(f.io);
        CHECK(f.seen.back() == "terminate is through");
        CHECK(f.terminated.size() == 1);
        CHECK(f.ended.calls == 1);
        CHECK(f.ended.error == (aborted ? wsx::errc::aborted : std::error_code()));
        g.reset();  // before the I/O context
      }
    }
  }
}
