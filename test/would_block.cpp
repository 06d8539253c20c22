#include "../lib/would_block.hpp"

#include <asio/error.hpp>
#include <doctest/doctest.h>

#include <system_error>

TEST_SUITE("would_block") {
  TEST_CASE("an error that another try later is for") {
    CHECK(wsx::would_block(asio::error::would_block));
    CHECK(wsx::would_block(asio::error::try_again));
    CHECK_FALSE(wsx::would_block(std::error_code()));
    CHECK_FALSE(wsx::would_block(asio::error::eof));
    CHECK_FALSE(wsx::would_block(asio::error::connection_reset));
  }
}
