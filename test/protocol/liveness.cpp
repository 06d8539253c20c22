#include <wsx/protocol/liveness.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <ostream>

using namespace std::chrono_literals;
using wsx::protocol::liveness;
using verdict = wsx::protocol::liveness::verdict;

namespace {

const liveness::time_point start{1h};

}  // namespace

TEST_SUITE("protocol/liveness") {
  TEST_CASE("bytes that the peer's system confirms count for both deadlines, if both are due") {
    liveness l(10s, 10s, start);
    l.sent(1000, false, start);
    l.next(true, start);
    CHECK(l.poll(start + 10s, true, 900) == verdict::send_ping);
    CHECK(l.poll(start + 20s, true, 800) == verdict::wait);
    CHECK(l.next(true, start + 20s) == start + 30s);
    CHECK(l.poll(start + 30s, true, 700) == verdict::wait);
    CHECK(l.poll(start + 40s, true, 700) == verdict::not_reading);
  }

  TEST_CASE("what the look of one deadline has seen is new to the other") {
    liveness l(10s, 10s, start);
    l.sent(1000, false, start);
    l.next(true, start + 1s);
    CHECK(l.poll(start + 10s, true, 900) == verdict::send_ping);
    CHECK(l.poll(start + 11s, true, 900) == verdict::wait);  // of the last 10 seconds
    CHECK(l.poll(start + 20s, true, 900) == verdict::silent);
  }

  TEST_CASE("without pings there is a deadline only while much waits, which begins with that") {
    liveness l(0s, 10s, start);
    CHECK(!l.next(false, start));
    CHECK(l.next(true, start + 1h) == start + 1h + 10s);
    CHECK(l.next(true, start + 1h + 5s) == start + 1h + 10s);
    l.writable(start + 1h + 5s);
    CHECK(l.next(true, start + 1h + 5s) == start + 1h + 15s);
    CHECK(l.poll(start + 1h + 15s, true, {}) == verdict::not_reading);
  }

  TEST_CASE("what is confirmed behind the ping does not count for its answer") {
    liveness l(10s, 10s, start);
    CHECK(l.poll(start + 10s, false, 0) == verdict::send_ping);
    l.sent(10, true, start + 10s);
    l.sent(1000, false, start + 10s);
    CHECK(l.poll(start + 20s, false, 900) == verdict::wait);  // the ping has moved
    CHECK(l.poll(start + 30s, false, 800) == verdict::silent);
  }
}
