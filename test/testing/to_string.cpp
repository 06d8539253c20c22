#include <wsx/testing/server_connection.hpp>
#include <wsx/testing/to_string.hpp>

#include <doctest/doctest.h>

#include <sstream>

TEST_SUITE("testing/to_string") {
  TEST_CASE("stream_end") {
    using wsx::testing::stream_end;
    using wsx::testing::to_string;
    CHECK(to_string(stream_end::open) == "open");
    CHECK(to_string(stream_end::orderly) == "orderly");
    CHECK(to_string(stream_end::truncated) == "truncated");
    CHECK(to_string(stream_end::reset) == "reset");
    CHECK(to_string(stream_end{9}) == "stream_end(9)");
    int named = 0;
    for (int value = -1; value < 100; ++value)
      named += to_string(stream_end{value}).find('(') == std::string::npos;
    CHECK(named == 4);
    std::ostringstream out;
    out << stream_end::reset;
    CHECK(out.str() == "reset");
  }
}
