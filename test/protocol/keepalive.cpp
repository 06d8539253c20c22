#include <wsx/protocol/keepalive.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <ostream>
#include <vector>

using namespace std::chrono_literals;
using wsx::protocol::keepalive;
using action = wsx::protocol::keepalive::action;

namespace {

using instant = keepalive::clock::time_point;

constexpr instant opened{1'000'000s};

// With its settings.
class timed_keepalive : public keepalive {
 public:
  timed_keepalive(clock::duration interval, clock::duration timeout)
      : keepalive({interval, timeout}, opened), timing_{interval, timeout} {}
  action poll(instant now) { return keepalive::poll(now, timing_); }
  std::optional<instant> next() const { return keepalive::next(timing_); }

 private:
  timing timing_;
};

std::vector<std::byte> last_ping(const keepalive& k) {
  return {k.ping_payload().begin(), k.ping_payload().end()};
}

}  // namespace

TEST_SUITE("protocol/keepalive: RFC 6455 5.5.2") {
  TEST_CASE("the first ping is due one interval after the connection opened") {
    timed_keepalive k(20s, 10s);
    CHECK(k.next() == opened + 20s);
    CHECK(k.poll(opened) == action::wait);
    CHECK(k.poll(opened + 20s - 1ns) == action::wait);
    CHECK(k.next() == opened + 20s);
    CHECK(k.poll(opened + 20s) == action::send_ping);
  }

  TEST_CASE("a peer that was heard is pinged once an interval") {
    for (const auto timeout : {5s, 20s, 60s}) {
      CAPTURE(timeout.count());
      timed_keepalive k(20s, timeout);
      int pings = 0;
      for (instant now = opened; now <= opened + 200s; now += 1s) {
        const auto due = k.poll(now);
        REQUIRE(due != action::give_up);
        if (due == action::send_ping) {
          CHECK((now - opened) % 20s == 0s);
          ++pings;
        }
        k.heard();
      }
      CHECK(pings == 10);
    }
  }

  TEST_CASE("silence after a ping is the end, not before the timeout") {
    for (const auto timeout : {5s, 20s, 60s}) {  // shorter than the interval, as long, longer
      CAPTURE(timeout.count());
      timed_keepalive k(20s, timeout);
      REQUIRE(k.poll(opened + 20s) == action::send_ping);
      const instant dead = opened + 20s + timeout;
      for (instant now = opened + 20s; now < dead; now += 1s) CHECK(k.poll(now) == action::wait);
      CHECK(k.next() == dead);
      CHECK(k.poll(dead - 1ns) == action::wait);
      CHECK(k.poll(dead) == action::give_up);
    }
  }

  TEST_CASE("polled only when it asks to be, it gives up in time") {
    timed_keepalive k(20s, 50s);
    int polls = 0;
    while (k.poll(*k.next()) != action::give_up) REQUIRE(++polls < 10);
    CHECK(k.next() == opened + 70s);
  }

  TEST_CASE("any byte counts, until the last moment") {
    timed_keepalive k(20s, 5s);
    REQUIRE(k.poll(opened + 20s) == action::send_ping);
    k.heard();
    CHECK(k.poll(opened + 25s) == action::wait);
    CHECK(k.next() == opened + 40s);
    CHECK(k.poll(opened + 40s) == action::send_ping);
  }

  TEST_CASE("what was heard before the ping proves nothing after it") {
    timed_keepalive k(20s, 5s);
    k.heard();
    REQUIRE(k.poll(opened + 20s) == action::send_ping);
    CHECK(k.poll(opened + 25s) == action::give_up);
  }

  TEST_CASE("no second ping while the first waits for an answer") {
    timed_keepalive k(10s, 35s);
    REQUIRE(k.poll(opened + 10s) == action::send_ping);
    CHECK(k.poll(opened + 20s) == action::wait);
    CHECK(k.poll(opened + 30s) == action::wait);
    k.heard();
    CHECK(k.poll(*k.next()) == action::send_ping);
  }

  TEST_CASE("heard after it was given up: it lives") {
    timed_keepalive k(20s, 5s);
    REQUIRE(k.poll(opened + 20s) == action::send_ping);
    REQUIRE(k.poll(opened + 25s) == action::give_up);
    k.heard();
    CHECK(k.poll(opened + 26s) == action::wait);
    CHECK(k.poll(opened + 40s) == action::send_ping);
  }

  TEST_CASE("the timeout counts from when the ping was written") {
    timed_keepalive k(20s, 5s);
    REQUIRE(k.poll(opened + 20s) == action::send_ping);
    k.ping_written(opened + 23s);
    CHECK(k.poll(opened + 25s) == action::wait);
    CHECK(k.next() == opened + 28s);
    CHECK(k.poll(opened + 28s) == action::give_up);
  }

  TEST_CASE("a peer that takes what waited for it lives, whether the ping is written or not") {
    timed_keepalive k(20s, 5s);
    REQUIRE(k.poll(opened + 20s) == action::send_ping);
    k.progressed(opened + 24s);
    CHECK(k.poll(opened + 25s) == action::wait);
    k.progressed(opened + 28s);
    CHECK(k.poll(opened + 29s) == action::wait);
    k.ping_written(opened + 30s);
    k.progressed(opened + 34s);
    CHECK(k.poll(opened + 35s) == action::wait);
    CHECK(k.next() == opened + 39s);
    CHECK(k.poll(opened + 39s) == action::give_up);
  }

  TEST_CASE("a ping that is never written is as good as one that is not answered") {
    timed_keepalive k(20s, 5s);
    k.progressed(opened + 1s);
    REQUIRE(k.poll(opened + 20s) == action::send_ping);
    CHECK(k.poll(opened + 25s) == action::give_up);
  }

  TEST_CASE("an interval of zero: never a ping, never the end") {
    timed_keepalive k(0s, 5s);
    CHECK(k.next() == std::nullopt);
    CHECK(k.poll(opened) == action::wait);
    CHECK(k.poll(opened + 1000h) == action::wait);
  }

  TEST_CASE("RFC 6455 5.5.3: the latency is the time between a ping and its pong") {
    timed_keepalive k(20s, 5s);
    k.poll(opened + 20s);
    CHECK(k.pong(k.ping_payload(), opened + 20s + 30ms) == 30ms);
    k.heard();
    k.poll(opened + 40s);
    k.ping_written(opened + 41s);
    CHECK(k.pong(k.ping_payload(), opened + 41s + 20ms) == 20ms);
  }

  TEST_CASE("a pong that answers no ping has no latency") {
    timed_keepalive k(20s, 5s);
    CHECK(k.pong(k.ping_payload(), opened + 1s) == std::nullopt);  // nothing was asked yet
    k.poll(opened + 20s);
    const auto first = last_ping(k);
    CHECK(k.pong({}, opened + 21s) == std::nullopt);
    CHECK(k.pong(k.ping_payload().first(3), opened + 21s) == std::nullopt);
    CHECK(k.pong(first, opened + 21s) == 1s);
    CHECK(k.pong(first, opened + 22s) == std::nullopt);  // the same answer again
    k.heard();
    REQUIRE(k.poll(opened + 40s) == action::send_ping);
    CHECK(k.pong(first, opened + 41s) == std::nullopt);  // an answer to the ping before
  }

  TEST_CASE("every ping has a payload of its own") {
    timed_keepalive k(1s, 1s);
    std::vector<std::vector<std::byte>> seen;
    for (int i = 1; i <= 600; ++i) {  // more than a byte counts
      REQUIRE(k.poll(opened + i * 1s) == action::send_ping);
      k.heard();
      seen.push_back(last_ping(k));
    }
    std::ranges::sort(seen);
    CHECK(std::ranges::adjacent_find(seen) == seen.end());
  }
}
