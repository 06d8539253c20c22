#include <wsx/protocol/retry_after.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <ostream>
#include <string>

// RFC 9110 10.2.3, 5.6.7.

namespace {

using namespace std::chrono;
using wsx::header_list;
using wsx::protocol::retry_after;

constexpr sys_seconds noon = sys_days(year(2026) / 3 / 1) + hours(12);

std::optional<seconds::rep> delay(const header_list& headers) {
  const auto result = retry_after(headers, noon);
  return result ? std::optional(result->count()) : std::nullopt;
}

std::optional<seconds::rep> delay(const std::string& value) {
  CAPTURE(value);
  return delay(header_list{{"Retry-After", value}});
}

constexpr seconds::rep year_long = 365L * 24 * 60 * 60;

}  // namespace

TEST_SUITE("protocol/retry_after") {
  TEST_CASE("in seconds") {
    CHECK(delay("0") == 0);
    CHECK(delay("120") == 120);
    CHECK(delay(" \t120 ") == 120);
    CHECK(delay("0120") == 120);
    CHECK(delay(header_list{{"a", "b"}, {"rEtRy-AfTeR", "7"}}) == 7);
  }

  TEST_CASE("a year at most") {
    CHECK(delay("31536000") == year_long);
    CHECK(delay("31536001") == year_long);
    CHECK(delay("99999999999999999999999999") == year_long);
    CHECK(delay("Fri, 01 Mar 2999 12:00:00 GMT") == year_long);
  }

  TEST_CASE("as a date, in each of its three forms") {
    CHECK(delay("Sun, 01 Mar 2026 12:00:37 GMT") == 37);
    CHECK(delay("Sunday, 01-Mar-26 12:01:37 GMT") == 97);
    CHECK(delay("Sun Mar  1 13:00:00 2026") == 3600);
    CHECK(delay("Tue Mar 10 12:00:00 2026") == 9L * 24 * 3600);
    CHECK(delay("Sun, 01 Mar 2026 12:00:60 GMT") == 60);
    CHECK(delay("Mon, 02 Mar 2026 00:00:00 GMT") == 12L * 3600);
  }

  TEST_CASE("a date that has passed") {
    CHECK(delay("Sun, 01 Mar 2026 11:59:59 GMT") == 0);
    CHECK(delay("Sunday, 06-Nov-94 08:49:37 GMT") == 0);
    CHECK(delay("Sun Nov  6 08:49:37 1994") == 0);
  }

  TEST_CASE("5.6.7: a year of two digits is at most 50 years ahead") {
    CHECK(delay("Sunday, 01-Mar-76 12:00:00 GMT") == year_long);
    CHECK(delay("Sunday, 01-Mar-77 12:00:00 GMT") == 0);
  }

  TEST_CASE("a date counts from the response's own, if that is one") {
    const std::string retry = "Sun, 01 Mar 2026 12:01:00 GMT";
    const auto with = [&](const std::string& date) {
      return delay(header_list{{"Date", date}, {"Retry-After", retry}});
    };
    CHECK(with("Sun, 01 Mar 2026 12:00:50 GMT") == 10);
    CHECK(with("Sun, 01 Mar 2026 11:01:00 GMT") == 3600);
    CHECK(with("yesterday") == 60);
    CHECK(delay(header_list{{"Date", retry}, {"Retry-After", "5"}}) == 5);
  }

  TEST_CASE("what is malformed is as good as none") {
    for (const std::string value : {"",
                                    " ",
                                    "-1",
                                    "+1",
                                    "1.5",
                                    "1 2",
                                    "1s",
                                    "0x10",
                                    "soon",
                                    "Sun, 01 Mar 2026 12:00:37",
                                    "Sun, 1 Mar 2026 12:00:37 GMT",
                                    "Sun, 01 Mar 2026 12:00:37 CET",
                                    "Sun, 01 Mar 2026 12:00:37 GMT ,",
                                    "Sun, 32 Mar 2026 12:00:37 GMT",
                                    "Sun, 00 Mar 2026 12:00:37 GMT",
                                    "Sun, 30 Feb 2026 12:00:37 GMT",
                                    "Sun, 01 Mar 2026 24:00:37 GMT",
                                    "Sun, 01 Mar 2026 12:60:37 GMT",
                                    "Sun, 01 Mar 2026 12:00:61 GMT",
                                    "Sun, 01 Foo 2026 12:00:37 GMT",
                                    "Son, 01 Mar 2026 12:00:37 GMT",
                                    "sun, 01 mar 2026 12:00:37 gmt",
                                    "Sun Mar 1 13:00:00 2026",
                                    "Sun,",
                                    "Sun, 0",
                                    "Sunday, 01-Mar-2026 12:01:37 GMT"})
      CHECK(delay(value) == std::nullopt);
  }

  TEST_CASE("absent, or there twice") {
    CHECK(delay(header_list{}) == std::nullopt);
    CHECK(delay(header_list{{"Retry-After", "1"}, {"retry-after", "1"}}) == std::nullopt);
  }
}
