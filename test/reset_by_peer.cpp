#include "../lib/reset_by_peer.hpp"

#include <asio/error.hpp>
#include <doctest/doctest.h>

#include <system_error>

namespace {

template <class Errors>
void check_resets() {
  for (const auto error :
       {Errors::connection_reset, Errors::connection_aborted, Errors::broken_pipe}) {
    CHECK(wsx::reset_by_peer<Errors>(make_error_code(error)));
  }
  CHECK_FALSE(wsx::reset_by_peer<Errors>(make_error_code(Errors::timed_out)));
  CHECK_FALSE(wsx::reset_by_peer<Errors>(std::error_code()));
}

}  // namespace

TEST_SUITE("reset_by_peer") {
  TEST_CASE("errors of the standard library") {
    check_resets<std::errc>();
  }

  TEST_CASE("errors of Asio, but for the end of TCP") {
    check_resets<asio::error::basic_errors>();
    CHECK_FALSE(wsx::reset_by_peer<asio::error::basic_errors>(asio::error::eof));
  }
}
