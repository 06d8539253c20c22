#include <wsx/protocol/on_demand.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>

using wsx::protocol::on_demand;

TEST_SUITE("on_demand") {
  TEST_CASE("a default value, until it is changed") {
    on_demand<std::string> value;
    CHECK(value->empty());
    value.change() = "a";
    CHECK(*value == "a");
    value.change() += "b";
    CHECK(*value == "ab");
  }

  TEST_CASE("what one changes is nobody else's") {
    on_demand<std::string> changed;
    const on_demand<std::string> other;
    changed.change() = "a";
    CHECK(other->empty());
  }

  TEST_CASE("forgets") {
    on_demand<std::string> value;
    value.change() = "a";
    value = {};
    CHECK(value->empty());
  }

  TEST_CASE("a value that is taken leaves a default one") {
    on_demand<std::string> value;
    value.change() = "a";
    const auto taken = std::exchange(value, {});
    CHECK(*taken == "a");
    CHECK(value->empty());
  }
}
