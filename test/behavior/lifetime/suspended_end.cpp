#include "gated_life.hpp"

#include <wsx/testing/server_frame.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>

// What ends a suspended client, in each phase.

namespace {

using namespace behavior_test;
using namespace wsx::testing;
using namespace std::chrono_literals;
using plain_fixture = client_fixture<plain_life>;
using wsx::errc;

enum class phase { idle, connecting, greeting, open, asking, pausing };
constexpr phase phases[] = {phase::idle, phase::connecting, phase::greeting,
                            phase::open, phase::asking,     phase::pausing};

// A client that is suspended in that phase.
template <class Fixture>
struct suspended : Fixture {
  explicit suspended(phase when) {
    if (when != phase::idle) server_end = this->dial();
    if (when <= phase::greeting) suspend();
    if (when > phase::connecting) begin(*server_end, when);
  }

  void begin(memory_peer& peer, phase when) {
    peer.accept();
    poll(this->io);
    if (when == phase::asking) {
      peer.write(close_frame(1001));
      poll(this->io);
    }
    if (when == phase::pausing) {
      peer.close();
      poll(this->io);
    }
    if (when != phase::greeting) suspend();
    if (when == phase::asking) peer.close();
    poll(this->io);
  }

  void suspend() {
    outcome done;
    this->client->suspend(done.token());
    poll(this->io);
    REQUIRE(done.ok());
    take_log(*this);
  }

  std::optional<memory_peer> server_end{};
};

template <class Fixture>
std::error_code suspend_error(Fixture& f) {
  outcome done;
  f.client->suspend(done.token());
  poll(f.io);
  REQUIRE(done.calls == 1);
  return done.error;
}

}  // namespace

TEST_SUITE("behavior/lifetime/suspended_end") {
  TEST_CASE_TEMPLATE("close lifts the suspension", Fixture, gated_fixture, plain_fixture) {
    for (const phase when : phases) {
      if (when == phase::idle) continue;  // nothing to close
      CAPTURE(static_cast<int>(when));
      suspended<Fixture> f(when);
      outcome closed;
      f.client->close(closed.token());
      poll(f.io);
      const bool connected = when == phase::greeting || when == phase::open;
      CHECK(closed.done() == !connected);
      if (connected) {
        CHECK(frames_of(*f.server_end) == lines{"close without a code"});
        f.server_end->write(close_frame());
        f.server_end->close();
        poll(f.io);
        CHECK(take_log(f) == lines{"disconnect", "terminate"});
      } else {
        CHECK(take_log(f) == lines{"terminate"});
      }
      CHECK(closed.ok());
    }
  }

  TEST_CASE_TEMPLATE("abort lifts the suspension", Fixture, gated_fixture, plain_fixture) {
    for (const phase when : phases) {
      CAPTURE(static_cast<int>(when));
      suspended<Fixture> f(when);
      f.client->abort();
      poll(f.io);
      CHECK(take_log(f) == (when == phase::idle ? lines{} : lines{"terminate"}));
      f.client->status([&](wsx::client_status now) {
        CHECK(now.phase == wsx::client_phase::ended);
        CHECK(!now.suspended);
      });
      poll(f.io);
      CHECK(f.ended.calls == (when == phase::idle ? 0 : 1));
    }
  }

  TEST_CASE_TEMPLATE("the destructor ends it, without a callback", Fixture,
                     client_fixture<std::reference_wrapper<gated_life>>,
                     client_fixture<std::reference_wrapper<plain_life>>) {
    for (const bool open : {true, false}) {
      typename std::remove_reference_t<decltype(std::declval<Fixture>().handler())>::type life;
      Fixture f(std::ref(life));
      memory_peer peer = f.dial();
      if (open) peer.accept();
      poll(f.io);
      outcome done;
      f.client->suspend(done.token());
      poll(f.io);
      CHECK(done.ok());
      life.log.clear();
      f.client->cast(1);
      f.client.reset();
      poll(f.io);
      CHECK(life.log.empty());
      CHECK(f.ended.failed(errc::aborted));
      CHECK(run_out(f.io));
    }
  }

  TEST_CASE("a canceled connect, whose callbacks wait, ends the client as one during init does") {
    plain_fixture f;
    asio::cancellation_signal signal;
    f.client->connect(f.server.url(),
                      asio::bind_cancellation_slot(signal.slot(), f.connected.token()));
    f.client->join(f.ended.join_token());
    poll(f.io);
    memory_peer peer = f.next();
    CHECK(!suspend_error(f));
    peer.accept();
    poll(f.io);
    CHECK(!f.connected.done());
    signal.emit(asio::cancellation_type::terminal);
    poll(f.io);
    CHECK(f.connected.failed(asio::error::operation_aborted));
    CHECK(f.ended.failed(errc::aborted));
    CHECK(take_log(f) == lines{"terminate"});
  }

  TEST_CASE("a canceled connect, while the handler would decide about its failure") {
    plain_fixture f({}, calm().set(&wsx::options::handle_first_failure, true));
    asio::cancellation_signal signal;
    f.client->connect(f.server.url(),
                      asio::bind_cancellation_slot(signal.slot(), f.connected.token()));
    poll(f.io);
    memory_peer peer = f.next();
    CHECK(!suspend_error(f));
    peer.close();
    poll(f.io);
    signal.emit(asio::cancellation_type::terminal);
    poll(f.io);
    CHECK(f.connected.failed(asio::error::operation_aborted));
    CHECK(take_log(f).empty());
    f.connected = {};
    f.open();
    CHECK(take_log(f).empty());
    outcome resumed;
    f.client->resume(resumed.token());
    poll(f.io);
    CHECK(take_log(f) == lines{"init", "connect"});
  }

  TEST_CASE("a client that is about to end can't be suspended") {
    plain_fixture f;
    memory_peer peer = f.open();
    f.client->close([](std::error_code) {});
    poll(f.io);
    CHECK(suspend_error(f) == errc::closing);
    peer.write(close_frame());
    peer.close();
    poll(f.io);
    CHECK(suspend_error(f) == errc::not_connected);
    outcome resumed;
    f.client->resume(resumed.token());
    poll(f.io);
    CHECK(resumed.ok());
  }

  TEST_CASE("nor one that is ending") {
    gated_fixture f("terminate");
    f.open();
    f.client->abort();
    poll(f.io);
    outcome late;
    f.client->suspend(late.token());
    poll(f.io);
    f.open_gate();
    CHECK(late.failed(errc::aborted));
  }

  TEST_CASE("the execution context ends") {
    int calls = 0;
    {
      gated_fixture f("cast 1");
      f.open();
      f.client->cast(1);
      poll(f.io);
      f.client->suspend([&](std::error_code) { ++calls; });
      poll(f.io);
    }
    CHECK(calls == 0);
    suspended<gated_fixture> f(phase::greeting);
  }
}
