#include "support.hpp"

#include <wsx/logged.hpp>
#include <wsx/metered.hpp>

#include <stdexcept>

// The handler that writes lines, alone and together with others.

namespace {

using namespace telemetry_test;
using wsx::logged;
using wsx::metered;

struct feed {
  int frames = 0;
  int own_events = 0;

  void handle_event(const wsx::event::frame_received&) { ++own_events; }
  wsx::action handle_frame(wsx::text m) {
    ++frames;
    return wsx::reply(m);
  }
  void handle_cast(int) {}
};

struct to_lines {
  lines* log = nullptr;
  void operator()(std::string_view line) const { log->emplace_back(line); }
};

// Wants connections, with their events.
struct choosy {
  lines* log = nullptr;
  void operator()(std::string_view line, const wsx::event::connected& e) const {
    log->push_back(std::string(line) + " | " + e.connection.peer_endpoint);
  }
  void operator()(std::string_view line, const wsx::event::disconnected&) const {
    log->emplace_back(line);
  }
};

template <class Handler>
void exchange_and_end(client_fixture<Handler>& f) {
  memory_peer peer = f.open();
  peer.write(text_frame("abc"));
  f.client->cast(1);
  poll(f.io);
  peer.write(close_frame(1000));
  peer.close();
  poll(f.io);
  CHECK(f.handler().frames == 1);
  CHECK(f.ended.ok());
}

const lines all_lines{
    "attempt 1: connecting to ws://server/",
    "connected to memory:server, attempt 1",
    "received text, 3 bytes",
    "sent text, 3 bytes",
    "received close, 2 bytes, 1000 (normal)",
    "closing, remote, 1000 (normal)",
    "sent close, 2 bytes, 1000 (normal)",
    "disconnected after 0 ms: closed by the server: 1000 (normal)",
    "terminated: closed by the server: 1000 (normal)",
};

}  // namespace

TEST_SUITE("telemetry/logged") {
  TEST_CASE("a line per event, and the handler's own events") {
    lines log;
    client_fixture<logged<feed, to_lines>> f(logged(feed{}, to_lines{&log}));
    exchange_and_end(f);
    CHECK(log == all_lines);
    CHECK(f.handler().own_events == 2);
  }

  TEST_CASE("payloads on request") {
    lines log;
    wsx::trace_options how;
    how.payloads = true;
    client_fixture<logged<feed, to_lines>> f(logged(feed{}, to_lines{&log}, how));
    exchange_and_end(f);
    REQUIRE(log.size() == all_lines.size());
    CHECK(log[2] == "received text, 3 bytes: \"abc\"");
    CHECK(log[3] == "sent text, 3 bytes: \"abc\"");
  }

  TEST_CASE("a sink that takes some events, which are the only ones that cost anything") {
    struct plain {
      int frames = 0;
      void handle_frame(wsx::text) { ++frames; }
      void handle_cast(int) {}
    };
    using handler = logged<plain, choosy>;
    static_assert(wsx::detail::observed_events<handler>() ==
                  (wsx::detail::event_bit<wsx::event::connected> |
                   wsx::detail::event_bit<wsx::event::disconnected>));
    lines log;
    client_fixture<handler> f(handler(plain{}, choosy{&log}));
    exchange_and_end(f);
    CHECK(log == lines{"connected to memory:server, attempt 1 | memory:server",
                       "disconnected after 0 ms: closed by the server: 1000 (normal)"});
  }

  TEST_CASE("an exception of the sink is one of the handler") {
    struct full {
      void operator()(std::string_view) const { throw std::runtime_error("disk full"); }
    };
    client_fixture<logged<feed, full>> f;
    f.client->connect(f.server.url(), f.connected.token());
    f.client->join(f.ended.join_token());
    poll(f.io);
    CHECK(f.ended.failed(wsx::errc::handler_failed));
  }

  TEST_CASE("wrappers compose, in either order") {
    lines log;
    SUBCASE("metered outside") {
      using handler = metered<logged<feed, to_lines>>;
      client_fixture<handler> f(handler(logged(feed{}, to_lines{&log})));
      exchange_and_end(f);
      CHECK(f.handler().metrics()->values().received.frames == 2);
      CHECK(f.handler().metrics()->values().callbacks.count() == 2);
      CHECK(f.handler().own_events == 2);
    }
    SUBCASE("logged outside") {
      using handler = logged<metered<feed>, to_lines>;
      client_fixture<handler> f(handler(metered(feed{}), to_lines{&log}));
      exchange_and_end(f);
      CHECK(f.handler().metrics()->values().received.frames == 2);
      CHECK(f.handler().metrics()->values().callbacks.count() == 2);
      CHECK(f.handler().own_events == 2);
    }
    CHECK(log == all_lines);
  }

  TEST_CASE("a trace besides") {
    lines log;
    lines traced;
    client_fixture<logged<feed, to_lines>> f(logged(feed{}, to_lines{&log}));
    f.client->trace([&](std::string_view line) { traced.emplace_back(line); });
    exchange_and_end(f);
    CHECK(traced == log);
  }
}
