#include <wsx/log.hpp>

#include <doctest/doctest.h>

#include <string>
#include <typeinfo>
#include <vector>

namespace {

using lines = std::vector<std::string>;

lines& first_sink() {
  static lines all;
  return all;
}

lines& second_sink() {
  static lines all;
  return all;
}

void to_first(std::string_view line) {
  first_sink().emplace_back(line);
}

void to_second(std::string_view line) {
  second_sink().emplace_back(line);
}

}  // namespace

TEST_SUITE("log") {
  TEST_CASE("lines go to the sink that was set last, if any") {
    wsx::set_log_sink(&to_first);
    wsx::detail::log_unhandled("one");
    wsx::set_log_sink(&to_second);
    wsx::detail::log_unhandled("two");
    wsx::set_log_sink(nullptr);
    wsx::detail::log_unhandled("three");
    wsx::set_log_sink(&to_first);
    wsx::detail::log_unhandled("four");
    wsx::set_log_sink(nullptr);
    // What is no name of a type is taken as it is. A type's is readable.
    wsx::set_log_sink(&to_first);
    wsx::detail::log_unhandled(typeid(lines).name());
    wsx::set_log_sink(nullptr);
    REQUIRE(first_sink().size() == 3);
    CHECK(first_sink()[2].find("std::vector<std::") != std::string::npos);
    REQUIRE(second_sink().size() == 1);
    CHECK(first_sink()[0].ends_with("one"));
    CHECK(second_sink()[0].ends_with("two"));
    CHECK(first_sink()[1].ends_with("four"));
    // A line has no line end: that is the sink's to add.
    CHECK(first_sink()[0].find('\n') == std::string::npos);
  }
}
