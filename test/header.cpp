#include <wsx/header.hpp>

#include <doctest/doctest.h>

using wsx::find_header;
using wsx::header_list;

TEST_SUITE("header") {
  const header_list headers{{"Host", "a"}, {"X-Test", "b"}, {"x-test", "c"}, {"Empty", ""}};

  TEST_CASE("RFC 9110 5.1: names compare without regard to case") {
    for (const auto* name : {"Host", "host", "HOST", "hOsT"}) {
      REQUIRE(find_header(headers, name) != nullptr);
      CHECK(*find_header(headers, name) == "a");
    }
  }

  TEST_CASE("the first of several") {
    CHECK(*find_header(headers, "X-TEST") == "b");
  }

  TEST_CASE("an empty value is not an absent one") {
    REQUIRE(find_header(headers, "empty") != nullptr);
    CHECK(find_header(headers, "empty")->empty());
  }

  TEST_CASE("nothing found") {
    for (const auto* name : {"", "Hos", "Hosts", "X_Test", "Host:"}) {
      CHECK(find_header(headers, name) == nullptr);
    }
    CHECK(find_header({}, "Host") == nullptr);
  }

  TEST_CASE("only ASCII letters have a case") {
    const header_list odd{{"a@", "1"}, {"a[", "2"}};
    CHECK(find_header(odd, "a`") == nullptr);
    CHECK(find_header(odd, "a{") == nullptr);
  }
}
