#include <wsx/memory/lazy.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>

using wsx::memory::lazy;

TEST_SUITE("memory/lazy") {
  TEST_CASE("a default value, until it is changed") {
    lazy<std::string> value;
    CHECK(value->empty());
    value.change() = "a";
    CHECK(*value == "a");
    value.change() += "b";
    CHECK(*value == "ab");
  }

  TEST_CASE("what one changes is nobody else's") {
    lazy<std::string> changed;
    const lazy<std::string> other;
    changed.change() = "a";
    CHECK(other->empty());
  }

  TEST_CASE("forgets") {
    lazy<std::string> value;
    value.change() = "a";
    value = {};
    CHECK(value->empty());
  }

  TEST_CASE("a value that is taken leaves a default one") {
    lazy<std::string> value;
    value.change() = "a";
    const auto taken = std::exchange(value, {});
    CHECK(*taken == "a");
    CHECK(value->empty());
  }
}
