#include "../../lib/transport/lookup.hpp"

#include <asio/error.hpp>
#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using asio::ip::tcp;

const std::vector<tcp::endpoint> loopback{{asio::ip::make_address("::1"), 80},
                                          {asio::ip::make_address("127.0.0.1"), 80}};

}  // namespace

TEST_SUITE("transport/lookup") {
  TEST_CASE("RFC 6761 6.3: localhost, and names under it, are the loopback addresses") {
    for (const char* name : {"localhost", "LocalHost", "localhost.", "feed.localhost",
                             "a.b.LOCALHOST", "feed.localhost."}) {
      CAPTURE(std::string(name));
      const auto known = wsx::look_up_special(name, 80);
      REQUIRE(known);
      CHECK_FALSE(known->error);
      CHECK(known->found == loopback);
    }
  }

  TEST_CASE("RFC 6761 6.4: no name under invalid exists") {
    for (const char* name : {"invalid", "no-such-host.invalid", "x.INVALID."}) {
      CAPTURE(std::string(name));
      const auto known = wsx::look_up_special(name, 80);
      REQUIRE(known);
      CHECK(known->error == asio::error::host_not_found);
      CHECK(known->found.empty());
    }
  }

  TEST_CASE("all other names need a lookup") {
    for (const char* name : {"", ".", "example.com", "localhost.example", "notlocalhost",
                             "localhost..", ".localhost", "local", "xinvalid", "invalid.example"}) {
      CAPTURE(std::string(name));
      CHECK_FALSE(wsx::look_up_special(name, 80));
    }
  }

  TEST_CASE("a domain, and names under it") {
    CHECK(wsx::is_within_domain("local", "local"));
    CHECK(wsx::is_within_domain("printer.LOCAL.", "local"));
    CHECK_FALSE(wsx::is_within_domain("glocal", "local"));
    CHECK_FALSE(wsx::is_within_domain("local.example", "local"));
  }

  TEST_CASE("the resolver's errors in plain words; others speak for themselves") {
    CHECK(wsx::describe_lookup(asio::error::host_not_found) == "no host has that name");
    CHECK(wsx::describe_lookup(asio::error::no_data) == "that name has no address");
    CHECK(wsx::describe_lookup(asio::error::host_not_found_try_again) == "no name server answered");
    CHECK(wsx::describe_lookup(asio::error::no_recovery) == "the name server failed");
    CHECK(wsx::describe_lookup(asio::error::connection_refused).empty());
  }
}
