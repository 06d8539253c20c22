#include <wsx/protocol/liveness.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <ostream>

using namespace std::chrono_literals;
using wsx::protocol::liveness;
using verdict = wsx::protocol::liveness::verdict;

namespace {

const liveness::time_point start{1h};

// With its settings.
class timed_liveness : public liveness {
 public:
  timed_liveness(duration interval, duration timeout, duration data_timeout = 0s)
      : liveness({{interval, timeout}, data_timeout}, start),
        timing_{{interval, timeout}, data_timeout} {}
  auto next(bool congested, time_point now) { return liveness::next(congested, now, timing_); }
  verdict poll(time_point now, bool congested, std::optional<std::size_t> unacknowledged) {
    return liveness::poll(now, congested, unacknowledged, timing_);
  }

 private:
  timing timing_;
};

}  // namespace

TEST_SUITE("protocol/liveness") {
  TEST_CASE("bytes that the peer's system confirms count for both deadlines, if both are due") {
    timed_liveness l(10s, 10s);
    l.sent(1000, false, start);
    l.next(true, start);
    CHECK(l.poll(start + 10s, true, 900) == verdict::send_ping);
    CHECK(l.poll(start + 20s, true, 800) == verdict::wait);
    CHECK(l.next(true, start + 20s) == start + 30s);
    CHECK(l.poll(start + 30s, true, 700) == verdict::wait);
    CHECK(l.poll(start + 40s, true, 700) == verdict::not_reading);
  }

  TEST_CASE("what the look of one deadline has seen is new to the other") {
    timed_liveness l(10s, 10s);
    l.sent(1000, false, start);
    l.next(true, start + 1s);
    CHECK(l.poll(start + 10s, true, 900) == verdict::send_ping);
    CHECK(l.poll(start + 11s, true, 900) == verdict::wait);  // of the last 10 seconds
    CHECK(l.poll(start + 20s, true, 900) == verdict::silent);
  }

  TEST_CASE("without pings there is a deadline only while much waits, which begins with that") {
    timed_liveness l(0s, 10s);
    CHECK(!l.next(false, start));
    CHECK(l.next(true, start + 1h) == start + 1h + 10s);
    CHECK(l.next(true, start + 1h + 5s) == start + 1h + 10s);
    l.writable(start + 1h + 5s);
    CHECK(l.next(true, start + 1h + 5s) == start + 1h + 15s);
    CHECK(l.poll(start + 1h + 15s, true, {}) == verdict::not_reading);
  }

  TEST_CASE("what is confirmed behind the ping does not count for its answer") {
    timed_liveness l(10s, 10s);
    CHECK(l.poll(start + 10s, false, 0) == verdict::send_ping);
    l.sent(10, true, start + 10s);
    l.sent(1000, false, start + 10s);
    CHECK(l.poll(start + 20s, false, 900) == verdict::wait);  // the ping has moved
    CHECK(l.poll(start + 30s, false, 800) == verdict::silent);
  }

  TEST_CASE("without data for its timeout there is a verdict, and pings count for nothing") {
    timed_liveness l(0s, 10s, 30s);
    CHECK(l.next(false, start) == start + 30s);
    CHECK(l.poll(start + 30s - 1ns, false, {}) == verdict::wait);
    l.data_arrived(start + 29s);
    CHECK(l.next(false, start + 29s) == start + 59s);
    l.heard();
    CHECK(l.poll(start + 59s - 1ns, false, {}) == verdict::wait);
    CHECK(l.poll(start + 59s, false, {}) == verdict::no_data);
  }

  TEST_CASE("the earlier of the deadlines comes first") {
    timed_liveness l(20s, 10s, 30s);
    CHECK(l.next(false, start) == start + 20s);
    CHECK(l.poll(start + 20s, false, {}) == verdict::send_ping);
    l.heard();
    CHECK(l.next(false, start + 20s) == start + 30s);
    CHECK(l.poll(start + 30s, false, {}) == verdict::no_data);
  }

  TEST_CASE("while nothing is read, no data is missed") {
    timed_liveness l(0s, 60s, 30s);
    CHECK(l.next(true, start + 20s) == start + 80s);
    CHECK(l.poll(start + 40s, true, {}) == verdict::wait);
    CHECK(l.next(true, start + 50s) == start + 80s);
    CHECK(l.next(false, start + 50s) == start + 80s);
    CHECK(l.poll(start + 80s, false, {}) == verdict::no_data);
  }
}
