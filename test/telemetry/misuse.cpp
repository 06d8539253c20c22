#include "support.hpp"

#include <functional>
#include <stdexcept>
#include <tuple>

// What handle_event can do besides looking: throw, destroy its client, begin operations. It may be
// called in the middle of a write.

namespace {

using namespace telemetry_test;
using namespace wsx::event;

// Does something at the first event of one type.
template <class Event>
struct meddler {
  std::function<void()> meddle{};
  lines* log = nullptr;

  void handle_event(const Event&) {
    if (const auto once = std::exchange(meddle, {})) once();
  }
  wsx::action handle_frame(wsx::text m) { return wsx::reply(m); }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) {
    log->push_back("disconnect");
    return wsx::reconnect_after(1s);
  }
  void terminate(const wsx::close_reason& reason) {
    log->push_back(reason.exception ? "terminate with an exception" : "terminate");
  }
};

// A life in which every event happens, unless it ends before: the server refuses, then it takes and
// sends frames and answers a ping, and goes. Then the client is closed.
template <class Event>
struct life : client_fixture<meddler<Event>> {
  static wsx::options how() {
    auto o = pinging();
    o.handle_first_failure = true;
    o.send_queue_size = 256;
    return o;
  }
  explicit life(std::function<void(life&)> meddle)
      : client_fixture<meddler<Event>>(
            meddler<Event>{[this, meddle = std::move(meddle)] { meddle(*this); }, &log}, how()) {}

  void run() {
    auto& f = *this;
    f.server.refuse(asio::error::connection_refused);
    f.client->connect(f.server.url(), f.connected.token());
    f.client->join(f.ended.join_token());
    poll(f.io);
    f.server.refuse({});
    f.let_pass(1s);
    if (auto peer = f.server.next()) talk(*peer);
    f.let_pass(1s);
    if (f.client) f.client->close(closed.token());
    poll(f.io);
    while (auto peer = f.server.next()) peer->close();
    f.let_pass(10min);
  }

  void talk(memory_peer& peer) {
    auto& f = *this;
    peer.accept();
    poll(f.io);
    peer.write(text_frame("a"));
    peer.write(text_frame("b"));
    for (int i = 0; i < 10 && f.client; ++i) f.client->try_send(wsx::text{std::string(100, 'x')});
    poll(f.io);
    f.let_pass(10s);
    while (const auto frame = peer.take_frame()) {
      if (frame->opcode == opcodes::ping) peer.write(pong_frame(frame->payload));
    }
    poll(f.io);
    peer.write(close_frame(1001));
    peer.close();
    poll(f.io);
  }

  lines log;
  outcome closed;
};

// Each event that a client tells by itself; first those after which the client can still fail.
#define EARLY_EVENTS                                                                    \
  attempt_started, attempt_failed, connected, disconnected, frame_sent, frame_received, \
      queue_full, keepalive_answered, reconnect_scheduled, callback_returned, queue_sampled
#define ALL_EVENTS EARLY_EVENTS, closing, terminated

}  // namespace

TEST_SUITE("telemetry/misuse") {
  TEST_CASE_TEMPLATE("without any misuse the life goes on to its end", Event, ALL_EVENTS) {
    int told = 0;
    life<Event> f([&](auto&) { ++told; });
    f.run();
    CHECK(told == 1);
    CHECK(f.closed.ok());
    CHECK(f.log == lines{"disconnect", "disconnect", "terminate"});
  }

  TEST_CASE_TEMPLATE("an exception ends the client as that of any callback", Event, EARLY_EVENTS) {
    life<Event> f([](auto&) { throw std::runtime_error("no"); });
    f.run();
    CHECK(f.ended.failed(wsx::errc::handler_failed));
    REQUIRE(!f.log.empty());
    CHECK(f.log.back() == "terminate with an exception");
    CHECK(run_out(f.io));
  }

  TEST_CASE("an exception ends the client even if its first attempt would not") {
    struct fragile {
      void handle_event(const attempt_failed&) { throw std::runtime_error("no"); }
      void handle_frame(wsx::text) {}
    };
    client_fixture<fragile> f;
    f.server.refuse(asio::error::connection_refused);
    f.client->connect(f.server.url(), f.connected.token());
    f.client->join(f.ended.join_token());
    poll(f.io);
    CHECK(f.connected.failed(wsx::errc::handler_failed));
    CHECK(f.ended.failed(wsx::errc::handler_failed));
  }

  TEST_CASE("the first reason of a connection's end counts, so an exception is too late") {
    life<closing> f([](auto&) { throw std::runtime_error("no"); });
    f.run();
    CHECK(f.log == lines{"disconnect", "disconnect", "terminate"});
    CHECK(f.ended.ok());
  }

  TEST_CASE("an exception in the last event is one of terminate") {
    struct stubborn {
      void handle_event(const terminated&) { throw std::runtime_error("no"); }
      void handle_frame(wsx::text) {}
    };
    client_fixture<stubborn> f;
    f.open().close();
    poll(f.io);
    CHECK(f.ended.failed(wsx::errc::handler_failed));
  }

  TEST_CASE_TEMPLATE("it destroys its client", Event, ALL_EVENTS) {
    life<Event> f([](auto& own) { own.client.reset(); });
    f.run();
    CHECK(!f.client);
    CHECK(f.ended.done());
    CHECK((f.log.empty() || f.log.back() == "disconnect"));
    CHECK(run_out(f.io));
  }

  TEST_CASE_TEMPLATE("it begins operations", Event, ALL_EVENTS) {
    outcome sent;
    outcome flushed;
    outcome closed;
    life<Event> f([&](auto& own) {
      // Too large for the queue, so that it waits.
      own.client->send(wsx::text{std::string(1000, 'y')}, sent.token());
      own.client->flush(flushed.token());
      own.client->close(closed.token());
    });
    f.run();
    CHECK(sent.done());
    CHECK(flushed.done());
    CHECK(closed.done());
    CHECK(f.ended.done());
    CHECK(run_out(f.io));
  }

  TEST_CASE("a frame whose event ends the connection or the client is not delivered") {
    struct listener {
      std::function<void()>* meddle;
      int* taken;
      void handle_event(const frame_received&) { (*meddle)(); }
      void handle_frame(wsx::text) { ++*taken; }
    };
    std::function<void()> meddle;
    int taken = 0;
    client_fixture<listener> f(listener{&meddle, &taken});
    SUBCASE("by an exception") {
      meddle = [] { throw std::runtime_error("no"); };
    }
    SUBCASE("by the destructor") {
      meddle = [&] { f.client.reset(); };
    }
    f.open().write(text_frame("a"));
    poll(f.io);
    CHECK(taken == 0);
  }

  TEST_CASE_TEMPLATE("it aborts its client", Event, ALL_EVENTS) {
    life<Event> f([](auto& own) { own.client->abort(); });
    f.run();
    CHECK(f.ended.done());
    CHECK(run_out(f.io));
  }
}
