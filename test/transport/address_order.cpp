#include "../../lib/transport/address_order.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace {

using asio::ip::tcp;
using endpoints = std::vector<tcp::endpoint>;

endpoints made_of(const std::vector<std::string>& addresses) {
  endpoints all;
  for (const auto& each : addresses) all.emplace_back(asio::ip::make_address(each), 80);
  return all;
}

endpoints numbered(std::uint32_t count) {
  endpoints all;
  for (std::uint32_t i = 0; i < count; ++i) all.emplace_back(asio::ip::address_v4(i), 80);
  return all;
}

}  // namespace

TEST_SUITE("transport/address_order") {
  TEST_CASE("the families take turns, IPv6 first, each in its order") {
    CHECK(wsx::interleave_families(
              made_of({"192.0.2.2", "192.0.2.1", "2001:db8::2", "2001:db8::1"})) ==
          made_of({"2001:db8::2", "192.0.2.2", "2001:db8::1", "192.0.2.1"}));
  }

  TEST_CASE("what one family has more comes last") {
    CHECK(wsx::interleave_families(made_of({"::1", "::2", "::3", "192.0.2.1"})) ==
          made_of({"::1", "192.0.2.1", "::2", "::3"}));
    CHECK(wsx::interleave_families(made_of({"::1", "192.0.2.3", "192.0.2.2", "192.0.2.1"})) ==
          made_of({"::1", "192.0.2.3", "192.0.2.2", "192.0.2.1"}));
  }

  TEST_CASE("one family, or nothing") {
    const auto v4 = made_of({"192.0.2.2", "192.0.2.1"});
    CHECK(wsx::interleave_families(v4) == v4);
    CHECK(wsx::interleave_families({}).empty());
  }

  TEST_CASE("each address once; another port is another address") {
    auto twice = made_of({"192.0.2.1", "::1", "192.0.2.1", "::1"});
    CHECK(wsx::interleave_families(twice) == made_of({"::1", "192.0.2.1"}));
    twice[2].port(81);
    CHECK(wsx::interleave_families(twice).size() == 3);
  }

  TEST_CASE("no more than the limit, and still both families") {
    auto many = numbered(1000);
    CHECK(wsx::interleave_families(many) == numbered(wsx::max_addresses));
    many.emplace_back(asio::ip::address_v6::loopback(), 80);
    const auto some = wsx::interleave_families(many);
    CHECK(some.size() == wsx::max_addresses);
    CHECK(some.front().address().is_v6());
  }
}
