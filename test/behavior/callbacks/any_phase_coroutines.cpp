#include "any_phase.hpp"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <csignal>
#include <optional>
#include <system_error>
#include <utility>

// Messages that come while a callback waits and there is no connection.

namespace {

using namespace behavior_test;
using namespace behavior_test::any_phase;
using std::chrono::minutes;

// A handler whose callbacks for messages wait until the test is done with them.
struct waits {
  lines* seen;
  asio::steady_timer* gate;

  void init(const wsx::connection_info&) { seen->push_back("init"); }
  void handle_frame(wsx::text) {}
  asio::awaitable<void> handle_info(note) {
    seen->push_back("info");
    std::error_code ignored;
    co_await gate->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    seen->push_back("info is through");
  }
};

}  // namespace

TEST_SUITE("behavior/callbacks/any_phase_coroutines: callbacks") {
  TEST_CASE("one callback at a time: the connection that opens meanwhile waits for it") {
    lines seen;
    std::optional<asio::steady_timer> gate;
    client_fixture<waits> f({&seen, nullptr});
    gate.emplace(f.io, asio::steady_timer::time_point::max());
    f.handler().gate = &*gate;
    memory_peer peer = f.dial();
    f.client->post_after(minutes(1), note{1});
    poll(f.io);
    f.let_pass(minutes(1));
    CHECK(seen == lines{"info"});
    peer.accept();
    poll(f.io);
    CHECK(seen == lines{"info"});
    CHECK(!f.connected.done());
    gate->cancel();
    poll(f.io);
    CHECK(seen == lines{"info", "info is through", "init"});
    CHECK(f.connected.ok());
    gate.reset();  // before the I/O context
  }

  TEST_CASE("one that waits while the client connects is interrupted by its end") {
    lines seen;
    std::optional<asio::steady_timer> gate;
    client_fixture<waits> f({&seen, nullptr});
    gate.emplace(f.io, asio::steady_timer::time_point::max());
    f.handler().gate = &*gate;
    f.dial();
    f.client->post_after(minutes(0), note{1});
    poll(f.io);
    CHECK(seen == lines{"info"});
    f.client->abort();
    poll(f.io);
    CHECK(seen == lines{"info", "info is through"});
    CHECK(f.ended.failed(wsx::errc::aborted));
    CHECK(f.connected.failed(wsx::errc::aborted));
    gate.reset();  // before the I/O context
  }
}

namespace {

// A handle_disconnect that waits an hour, unless it is interrupted.
asio::awaitable<void> wait_an_hour() {
  asio::steady_timer timer(co_await asio::this_coro::executor, hours(1));
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<wsx::disconnect_decision> think_for_long(const wsx::disconnect&) {
  auto waiting = wait_an_hour();
  co_await std::move(waiting);
  co_return wsx::reconnect();
}

// Waits as long, and decides so when it is interrupted.
asio::awaitable<wsx::disconnect_decision> decide_if_interrupted(wsx::disconnect_decision decision) {
  try {
    auto waiting = wait_an_hour();
    co_await std::move(waiting);
  } catch (const std::system_error&) {}
  co_return decision;
}

// A client whose handle_disconnect waits, and which watches a signal.
struct pondering : fixture {
  pondering() {
    on_disconnect = think_for_long;
    client->watch_signal(SIGUSR1);
  }

  void raise() {
    std::raise(SIGUSR1);
    poll(io);
  }
};

}  // namespace

TEST_SUITE("behavior/callbacks/any_phase_coroutines: handle_disconnect") {
  TEST_CASE("a signal interrupts it, and it is asked again for the same attempt") {
    pondering f;
    f.reach(phase::pausing);
    REQUIRE(f.seen == lines{"init", "connect", "disconnect 1"});
    for (std::size_t i = 1; i <= 3; ++i) {
      f.raise();
      CHECK(f.count("signal") == i);
      CHECK(f.count("disconnect 1") == i + 1);
      CHECK(last(f, 1) == lines{"disconnect 1"});
    }
    CHECK(!f.ended.done());
    CHECK(f.server.accepted() == 1);
    // The decision that it takes in the end counts.
    f.on_disconnect = reconnect_in_an_hour;
    f.raise();
    CHECK(last(f, 1) == lines{"disconnect 1"});
    f.let_pass(hours(1));
    CHECK(f.server.accepted() == 2);
  }

  TEST_CASE("a signal interrupts it for a later attempt as well") {
    pondering f;
    f.server.refuse(asio::error::connection_refused);
    f.on_disconnect = [](const wsx::disconnect& d) {
      return d.attempt > 1 ? think_for_long(d) : reconnect_in_an_hour(d);
    };
    f.client->connect(f.server.url(), f.connected.token());
    poll(f.io);
    f.let_pass(hours(1));
    REQUIRE(f.seen == lines{"disconnect 1", "disconnect 2"});
    f.raise();
    CHECK(f.seen == lines{"disconnect 1", "disconnect 2", "signal", "disconnect 2"});
    CHECK(!f.connected.done());
  }

  TEST_CASE("if handle_info ends the client it is not asked again") {
    pondering f;
    f.on_info = [](wsx::session&) { return wsx::close(); };
    f.reach(phase::pausing);
    f.raise();
    CHECK(f.seen == lines{"init", "connect", "disconnect 1", "signal", "terminate"});
    CHECK(f.ended.ok());
  }

  TEST_CASE("one that swallows the interruption and decides is taken by its word") {
    SUBCASE("reconnect") {
      pondering f;
      f.on_disconnect = [](const wsx::disconnect&) {
        return decide_if_interrupted(wsx::reconnect());
      };
      f.reach(phase::pausing);
      f.raise();
      CHECK(f.count("disconnect 1") == 1);
      CHECK(f.count("signal") == 1);
      CHECK(f.server.accepted() == 2);
    }
    SUBCASE("stop") {
      pondering f;
      f.on_disconnect = [](const wsx::disconnect&) { return decide_if_interrupted(wsx::stop()); };
      f.reach(phase::pausing);
      f.raise();
      CHECK(f.count("disconnect 1") == 1);
      CHECK(last(f, 1) == lines{"terminate"});
      CHECK(f.ended.calls == 1);
    }
  }

  TEST_CASE("nothing else interrupts it: a timer that is due waits until it has decided") {
    fixture f;
    std::optional<asio::steady_timer> gate(std::in_place, f.io,
                                           asio::steady_timer::time_point::max());
    f.on_disconnect = [&](const wsx::disconnect&) -> asio::awaitable<wsx::disconnect_decision> {
      std::error_code ignored;
      co_await gate->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      co_return wsx::reconnect_after(hours(1));
    };
    f.reach(phase::pausing);
    f.client->post_after(minutes(1), note{1});
    f.client->cast(urgent{2});
    poll(f.io);
    f.let_pass(minutes(2));
    CHECK(last(f, 1) == lines{"disconnect 1"});
    gate->cancel();
    poll(f.io);
    CHECK(heard(f, "info 1"));
    CHECK(heard(f, "urgent cast 2"));
    CHECK(f.server.accepted() == 1);
  }
}
