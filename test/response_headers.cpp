#include <wsx/response_headers.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using wsx::header_list;
using wsx::response_headers;

TEST_SUITE("response_headers") {
  const header_list fields{{"Host", "a"}, {"X-Test", "b:c"}, {"x-test", "d"}, {"Empty", ""}};
  const response_headers headers(fields);

  TEST_CASE("all fields, in their order") {
    const std::vector<response_headers::field> seen(headers.begin(), headers.end());
    const auto same = [](const response_headers::field& f, const wsx::header& h) {
      return f.name == h.name && f.value == h.value;
    };
    CHECK(std::ranges::equal(seen, fields, same));
    CHECK(!headers.empty());
  }

  TEST_CASE("RFC 9110 5.1: names compare without regard to case; the first of several counts") {
    CHECK(headers.find("hOsT") == "a");
    CHECK(headers.find("x-test") == "b:c");
  }

  TEST_CASE("an empty value is not an absent one") {
    CHECK(headers.find("empty") == "");
    for (const auto* name : {"", "Hos", "Hosts", "Host:"}) CHECK(!headers.find(name));
  }

  TEST_CASE("none") {
    const response_headers none;
    CHECK(none.empty());
    CHECK(none.begin() == none.end());
    CHECK(!none.find("Host"));
  }

  TEST_CASE("a copy has views of its own") {
    const auto copy = headers;
    CHECK(copy.find("Host")->data() != headers.find("Host")->data());
  }
}
