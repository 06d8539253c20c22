#include "../../../lib/transport/proxy/no_proxy.hpp"

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <string_view>

namespace {

bool exempt(std::string_view list, const std::string& host) {
  wsx::url to;
  REQUIRE_FALSE(wsx::parse_url("ws://" + host + "/", to));
  return is_exempt(list, to);
}

}  // namespace

TEST_SUITE("transport/proxy/no_proxy") {
  TEST_CASE("an empty list has nobody, * everybody") {
    CHECK_FALSE(exempt("", "example.com"));
    CHECK_FALSE(exempt(" , ", "example.com"));
    CHECK(exempt("*", "example.com"));
    CHECK(exempt("a, *", "192.0.2.1"));
    CHECK_FALSE(exempt("**", "example.com"));
  }

  TEST_CASE("a name is that host and those under it") {
    for (const char* const list : {"example.com", ".example.com", "*.example.com", "EXAMPLE.com.",
                                   "a.b,example.com", "a.b example.com"}) {
      CAPTURE(list);
      CHECK(exempt(list, "example.com"));
      CHECK(exempt(list, "example.com."));
      CHECK(exempt(list, "www.Example.com"));
      CHECK_FALSE(exempt(list, "badexample.com"));
      CHECK_FALSE(exempt(list, "example.com.org"));
      CHECK_FALSE(exempt(list, "com"));
      CHECK_FALSE(exempt(list, "192.0.2.1"));
    }
    CHECK_FALSE(exempt(".", "example.com"));
    CHECK_FALSE(exempt("..", "example.com"));
  }

  TEST_CASE("a port narrows it") {
    CHECK(exempt("example.com:8080", "www.example.com:8080"));
    CHECK_FALSE(exempt("example.com:8080", "www.example.com"));
    CHECK(exempt("example.com:80", "example.com"));
    CHECK_FALSE(exempt("example.com:", "example.com"));
    CHECK_FALSE(exempt("example.com:x", "example.com"));
    CHECK(exempt("192.0.2.1:80", "192.0.2.1"));
    CHECK_FALSE(exempt("192.0.2.1:81", "192.0.2.1"));
    CHECK(exempt("[2001:db8::1]:80", "[2001:db8::1]"));
    CHECK_FALSE(exempt("[2001:db8::1]:81", "[2001:db8::1]"));
    CHECK_FALSE(exempt("[2001:db8::1]80", "[2001:db8::1]"));
  }

  TEST_CASE("addresses, in any notation") {
    CHECK(exempt("192.0.2.1", "192.0.2.1"));
    CHECK_FALSE(exempt("192.0.2.1", "192.0.2.10"));
    CHECK_FALSE(exempt("2.1", "192.0.2.1"));
    CHECK(exempt("2001:db8:0:0::1", "[2001:db8::1]"));
    CHECK(exempt("[2001:db8::1]", "[2001:db8::1]"));
    CHECK_FALSE(exempt("2001:db8::2", "[2001:db8::1]"));
    CHECK_FALSE(exempt("192.0.2.1", "[::ffff:192.0.2.1]"));
  }

  TEST_CASE("networks") {
    CHECK(exempt("10.0.0.0/8", "10.255.0.1"));
    CHECK_FALSE(exempt("10.0.0.0/8", "11.0.0.1"));
    CHECK(exempt("192.0.2.128/25", "192.0.2.129"));
    CHECK_FALSE(exempt("192.0.2.128/25", "192.0.2.127"));
    CHECK(exempt("192.0.2.1/32", "192.0.2.1"));
    CHECK_FALSE(exempt("192.0.2.1/32", "192.0.2.0"));
    CHECK(exempt("0.0.0.0/0", "192.0.2.1"));
    CHECK_FALSE(exempt("0.0.0.0/0", "[::1]"));
    CHECK(exempt("2001:db8::/33", "[2001:db8:7fff::1]"));
    CHECK_FALSE(exempt("2001:db8::/33", "[2001:db8:8000::1]"));
    CHECK(exempt("2001:db8::1/128", "[2001:db8::1]"));
    for (const char* const list :
         {"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x", "/8", "10/8", "::/129"}) {
      CAPTURE(list);
      CHECK_FALSE(exempt(list, "10.0.0.1"));
      CHECK_FALSE(exempt(list, "[::1]"));
    }
  }
}
