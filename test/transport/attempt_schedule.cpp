#include "../../lib/transport/attempt_schedule.hpp"

#include <doctest/doctest.h>

#include <optional>

namespace {

using namespace std::chrono_literals;
using wsx::attempt_schedule;

constexpr auto never = attempt_schedule::time_point::max();
const attempt_schedule::time_point begin{1h};
const std::optional<std::size_t> none;

}  // namespace

TEST_SUITE("transport/attempt_schedule") {
  TEST_CASE("attempts begin 250 ms apart while none fails") {
    attempt_schedule s(3, 0ms);
    CHECK(s.start(begin) == 0);
    CHECK(s.start(begin) == none);
    CHECK(s.due() == begin + 250ms);
    CHECK(s.start(begin + 249ms) == none);
    CHECK(s.start(begin + 250ms) == 1);
    CHECK(s.start(begin + 250ms) == none);
    CHECK(s.due() == begin + 500ms);
    CHECK(s.start(begin + 510ms) == 2);
    CHECK(s.start(begin + 1h) == none);
    CHECK(s.due() == never);  // all are on their way
    CHECK_FALSE(s.exhausted());
  }

  TEST_CASE("one that failed is followed at once") {
    attempt_schedule s(3, 0ms);
    CHECK(s.start(begin) == 0);
    s.failed(0);
    CHECK(s.due() <= begin);
    CHECK(s.start(begin) == 1);
    CHECK(s.due() == begin + 250ms);
    CHECK(s.start(begin) == none);
  }

  TEST_CASE("the failure of an older one hastens nothing") {
    attempt_schedule s(3, 0ms);
    CHECK(s.start(begin) == 0);
    CHECK(s.start(begin + 250ms) == 1);
    s.failed(0);
    CHECK(s.start(begin + 260ms) == none);
    s.failed(1);
    CHECK(s.start(begin + 260ms) == 2);
  }

  TEST_CASE("exhausted: when the last has failed, and not before") {
    attempt_schedule s(2, 0ms);
    CHECK(s.start(begin) == 0);
    s.failed(0);
    CHECK_FALSE(s.exhausted());  // there is another
    CHECK(s.start(begin) == 1);
    CHECK_FALSE(s.exhausted());
    s.failed(1);
    s.failed(1);  // again: once counts
    CHECK(s.exhausted());
    CHECK(s.due() == never);
    CHECK(attempt_schedule(0, 0ms).exhausted());
  }

  TEST_CASE("the limit of an address runs from its own beginning") {
    attempt_schedule s(2, 400ms);
    CHECK(s.start(begin) == 0);
    CHECK(s.start(begin + 250ms) == 1);
    CHECK(s.due() == begin + 400ms);
    CHECK(s.expire(begin + 399ms) == none);
    CHECK(s.expire(begin + 400ms) == 0);
    CHECK(s.expire(begin + 400ms) == none);
    CHECK(s.due() == begin + 650ms);
    CHECK(s.expire(begin + 650ms) == 1);
    CHECK(s.exhausted());
  }

  TEST_CASE("a limit below the delay: the next begins at once") {
    attempt_schedule s(2, 100ms);
    CHECK(s.start(begin) == 0);
    CHECK(s.due() == begin + 100ms);
    CHECK(s.start(begin + 100ms) == none);
    CHECK(s.expire(begin + 100ms) == 0);
    CHECK(s.start(begin + 100ms) == 1);
  }

  TEST_CASE("a limit that no clock can reach is none") {
    attempt_schedule s(1, attempt_schedule::duration::max());
    CHECK(s.start(begin) == 0);
    CHECK(s.due() == never);
    CHECK(s.expire(never - 1ns) == none);
  }
}
