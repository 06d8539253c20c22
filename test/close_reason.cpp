#include <wsx/close_reason.hpp>
#include <wsx/error.hpp>

#include <doctest/doctest.h>

#include <stdexcept>

namespace {

using wsx::close_code;
using wsx::close_origin;
using wsx::close_reason;

close_reason closed_by(close_origin who, std::optional<close_code> received,
                       std::optional<close_code> requested) {
  close_reason reason;
  reason.origin = who;
  reason.received = received;
  reason.requested = requested;
  return reason;
}

}  // namespace

TEST_SUITE("close_reason") {
  TEST_CASE("the code is that of the side that began") {
    const auto one = close_code{4001};
    const auto other = close_code{4002};
    CHECK(closed_by(close_origin::remote, one, other).code() == one);
    CHECK(closed_by(close_origin::local, one, other).code() == other);
    CHECK(closed_by(close_origin::error, one, other).code() == other);
    CHECK(!closed_by(close_origin::remote, {}, other).code());
    CHECK(!closed_by(close_origin::local, one, {}).code());
  }

  TEST_CASE("what was sent does not change why it ended") {
    auto reason = closed_by(close_origin::local, {}, close_code{4000});
    CHECK(reason.code() == close_code{4000});  // it never got out
    reason.sent = close_code::going_away;      // in its place: the echo of the server's
    CHECK(reason.code() == close_code{4000});
    CHECK(!reason.normal());
  }

  TEST_CASE("an end is normal without a code or with 1000, of the side that began") {
    for (const auto who : {close_origin::local, close_origin::remote}) {
      CAPTURE(static_cast<int>(who));
      const bool remote = who == close_origin::remote;
      const auto with = [&](std::optional<close_code> own, std::optional<close_code> others) {
        return closed_by(who, remote ? own : others, remote ? others : own);
      };
      CHECK(with({}, {}).normal());
      CHECK(with(close_code::normal, {}).normal());
      CHECK(with({}, close_code::going_away).normal());
      CHECK(with(close_code::normal, close_code{4000}).normal());
      CHECK(!with(close_code::going_away, close_code::normal).normal());
      CHECK(!with(close_code{4000}, {}).normal());
    }
  }

  TEST_CASE("a failure is not normal, whatever the code") {
    CHECK(!close_reason().normal());
    CHECK(!closed_by(close_origin::error, close_code::normal, close_code::normal).normal());
    auto dropped = closed_by(close_origin::remote, {}, {});
    dropped.error = wsx::errc::connection_dropped;
    CHECK(!dropped.normal());
    auto thrown = closed_by(close_origin::local, {}, close_code::normal);
    thrown.exception = std::make_exception_ptr(std::runtime_error("oh"));
    CHECK(!thrown.normal());
  }

  TEST_CASE("whether it was clean is another question") {
    auto reason = closed_by(close_origin::local, {}, close_code::normal);
    CHECK(!reason.clean);
    CHECK(reason.normal());
    reason.clean = true;
    reason.requested = close_code{4000};
    CHECK(!reason.normal());
  }
}
