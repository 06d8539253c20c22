#include "any_phase.hpp"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <csignal>
#include <stdexcept>
#include <string>

// What a callback throws while there is no connection ends the client, too; or it does not, if
// `reconnect_after_exception` says so.

namespace {

using namespace behavior_test;
using namespace behavior_test::any_phase;

wsx::action throws(wsx::session&) {
  throw std::runtime_error("unlucky");
}

wsx::options lenient() {
  return for_hours().set(&wsx::options::reconnect_after_exception, true);
}

// A handle_disconnect that waits until a signal interrupts it.
asio::awaitable<wsx::disconnect_decision> wait_for_a_signal(const wsx::disconnect&) {
  asio::steady_timer never(co_await asio::this_coro::executor,
                           asio::steady_timer::time_point::max());
  co_await never.async_wait(asio::use_awaitable);
  co_return wsx::reconnect();
}

}  // namespace

TEST_SUITE("behavior/callbacks/exceptions_unconnected") {
  TEST_CASE("the client ends at once, and no attempt goes on") {
    for (const phase p : unconnected) {
      CAPTURE(std::string(name_of(p)));
      fixture f;
      f.on_info = throws;
      f.reach(p);
      const auto accepted = f.server.accepted();
      const bool was_connected = f.connected.done();
      f.client->cast(urgent{1});
      poll(f.io);
      CHECK(last(f, 2) == lines{"urgent cast 1", "terminate"});
      CHECK(f.ended.failed(wsx::errc::handler_failed));
      CHECK(f.ended.reason.origin == wsx::close_origin::error);
      CHECK(f.ended.reason.exception);
      CHECK((was_connected ? f.connected.ok() : f.connected.failed(wsx::errc::handler_failed)));
      if (f.peer) CHECK(f.peer->client_closed());
      f.let_pass(hours(2));
      CHECK(f.server.accepted() == accepted);
    }
  }

  TEST_CASE("the first exception counts, and messages still arrive until the attempt has ended") {
    fixture f;
    f.reach(phase::handshaking);
    f.on_info = [](wsx::session& s) { return s.stats().connects == 0 ? throws(s) : wsx::ok(); };
    f.client->cast(urgent{1});
    f.client->cast(urgent{2});
    poll(f.io);
    CHECK(f.seen == lines{"urgent cast 1", "urgent cast 2", "terminate"});
    CHECK(f.ended.calls == 1);
  }

  TEST_CASE("a handshake that has succeeded meanwhile does not save it") {
    fixture f;
    f.on_info = throws;
    f.reach(phase::handshaking);
    f.client->cast(urgent{1});
    f.peer->accept();
    poll(f.io);
    CHECK(f.seen == lines{"urgent cast 1", "terminate"});
    CHECK(f.ended.failed(wsx::errc::handler_failed));
    CHECK(f.client->stats().connects == 0);
    CHECK(f.peer->client_closed());
  }

  TEST_CASE("handle_disconnect, which a signal interrupted, is not asked again") {
    fixture f;
    f.on_disconnect = wait_for_a_signal;
    f.on_info = throws;
    f.client->watch_signal(SIGUSR1);
    f.reach(phase::pausing);
    std::raise(SIGUSR1);
    poll(f.io);
    CHECK(f.seen == lines{"init", "connect", "disconnect 1", "signal", "terminate"});
    CHECK(f.ended.failed(wsx::errc::handler_failed));
  }

  TEST_CASE("reconnect_after_exception: the client goes on to connect") {
    for (const phase p : unconnected) {
      CAPTURE(std::string(name_of(p)));
      fixture f("server", lenient());
      f.on_info = throws;
      f.reach(p);
      f.client->cast(urgent{1});
      poll(f.io);
      CHECK(heard(f, "urgent cast 1"));
      CHECK(!f.ended.done());
      memory_peer peer = f.connect_at_last();
      CHECK(f.connected.ok());
      CHECK(works(f, peer));
    }
  }
}
