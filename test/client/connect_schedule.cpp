#include "../../lib/client/connect_schedule.hpp"

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <vector>

// When attempts to connect may begin.

namespace {

using namespace std::chrono_literals;
using wsx::connect_budget_options;
using wsx::detail::connect_schedule;
using ticket = connect_schedule::ticket;
using time_point = connect_schedule::time_point;
using tickets = std::vector<ticket>;

const time_point start{1h};

// All that may begin at that time.
tickets begun(connect_schedule& s, time_point now) {
  tickets all;
  while (const auto next = s.begin_next(now)) all.push_back(*next);
  return all;
}

}  // namespace

TEST_SUITE("client/connect_schedule") {
  TEST_CASE("without limits all begin at once, in their order") {
    connect_schedule s({});
    CHECK(s.due() == time_point::max());
    CHECK(s.add("a", start) == 1);
    CHECK(s.add("b", start) == 2);
    CHECK(s.add("a", start) == 3);
    CHECK(s.waiting() == 3);
    CHECK(s.due() <= start);
    CHECK(begun(s, start) == tickets{1, 2, 3});
    CHECK(s.waiting() == 0);
    CHECK(s.in_flight() == 3);
  }

  TEST_CASE("a rate: at regular intervals, not in bursts") {
    connect_schedule s({.per_second = 10});
    for (int i = 0; i < 3; ++i) s.add("a", start);
    CHECK(begun(s, start) == tickets{1});
    CHECK(s.due() == start + 100ms);
    CHECK(begun(s, start + 99ms).empty());
    CHECK(begun(s, start + 1h) == tickets{2});
    CHECK(s.due() == start + 1h + 100ms);
    CHECK(begun(s, start + 1h + 100ms) == tickets{3});
    CHECK(s.due() == time_point::max());
  }

  TEST_CASE("a rate of a host holds up nobody else") {
    connect_schedule s({.per_host_per_second = 1});
    for (const auto* host : {"a", "a", "a", "b", "b"}) s.add(host, start);
    CHECK(begun(s, start) == tickets{1, 4});
    CHECK(s.due() == start + 1s);
    CHECK(begun(s, start + 1s) == tickets{2, 5});
    s.add("c", start + 1s);
    CHECK(begun(s, start + 1s) == tickets{6});
    CHECK(s.first() == 3);
    CHECK(begun(s, start + 2s) == tickets{3});
  }

  TEST_CASE("both rates: the oldest attempt of those whose host may") {
    connect_schedule s({.per_second = 2, .per_host_per_second = 1});
    for (const auto* host : {"a", "a", "b", "b"}) s.add(host, start);
    CHECK(begun(s, start) == tickets{1});
    CHECK(s.due() == start + 500ms);
    CHECK(begun(s, start + 500ms) == tickets{3});
    CHECK(begun(s, start + 1s) == tickets{2});
    CHECK(begun(s, start + 1500ms) == tickets{4});
  }

  TEST_CASE(
      "a host that has rested is still known to have, and forgotten when it does not matter") {
    connect_schedule s({.per_host_per_second = 1});
    s.add("a", start);
    CHECK(begun(s, start) == tickets{1});
    for (int i = 0; i < 1000; ++i) {
      s.add(std::to_string(i), start + 500ms);
      begun(s, start + 500ms);
    }
    s.add("a", start + 900ms);
    CHECK(begun(s, start + 900ms).empty());
    CHECK(begun(s, start + 1s) == tickets{1002});
  }

  TEST_CASE("in flight: one that has finished makes room") {
    connect_schedule s({.in_flight = 2});
    for (int i = 0; i < 4; ++i) s.add("a", start);
    CHECK(begun(s, start) == tickets{1, 2});
    CHECK(s.due() == time_point::max());
    s.finished();
    CHECK(s.due() <= start);
    CHECK(begun(s, start) == tickets{3});
    CHECK(s.in_flight() == 2);
  }

  TEST_CASE("one that gives up leaves its place to the next") {
    connect_schedule s({.per_host_per_second = 1});
    for (const auto* host : {"a", "a", "a", "b"}) s.add(host, start);
    s.remove(1);
    s.remove(4);
    CHECK(begun(s, start) == tickets{2});
    s.remove(3);
    CHECK(s.waiting() == 0);
    CHECK(s.due() == time_point::max());
    CHECK(begun(s, start + 1h).empty());
  }

  TEST_CASE("rates of any size") {
    connect_schedule slow({.per_second = 1e-300});
    slow.add("a", start);
    slow.add("a", start);
    CHECK(begun(slow, start) == tickets{1});
    CHECK(slow.due() == start + 24h * 365);
    connect_schedule fast({.per_second = 1e300});
    fast.add("a", start);
    fast.add("a", start);
    CHECK(begun(fast, start) == tickets{1});
    CHECK(begun(fast, start + 1ns) == tickets{2});
  }
}
