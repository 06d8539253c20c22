#include <wsx/error.hpp>
#include <wsx/request.hpp>
#include <wsx/system_error.hpp>

#include <doctest/doctest.h>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace {

const std::string url = "ws://example.com/feed";

// As `connect` takes one.
std::string url_of(wsx::request r) {
  return std::move(r.url);
}

}  // namespace

TEST_SUITE("request") {
  // GCC 12 destroys the temporary aggregates of a co_await expression twice.
  static_assert(!std::is_aggregate_v<wsx::request>);
  static_assert(!std::is_aggregate_v<wsx::header>);

  TEST_CASE("anything that a URL can be made of converts") {
    CHECK(wsx::request().url.empty());
    CHECK(url_of("ws://example.com/feed") == url);
    CHECK(url_of(url) == url);
    CHECK(url_of(std::string(url)) == url);
    CHECK(url_of(std::string_view(url)) == url);
    CHECK(!std::convertible_to<std::nullptr_t, wsx::request>);
    CHECK(!std::convertible_to<int, wsx::request>);
  }

  TEST_CASE("header fields and subprotocols are added in order") {
    const auto r = wsx::request(url)
                       .header("Authorization", "Bearer 1")
                       .subprotocol("v2")
                       .header("X", "1")
                       .header("X", "2")
                       .subprotocol("v1");
    CHECK(r.url == url);
    CHECK(r.headers == wsx::header_list{{"Authorization", "Bearer 1"}, {"X", "1"}, {"X", "2"}});
    CHECK(r.subprotocols == std::vector<std::string>{"v2", "v1"});
  }

  TEST_CASE("RFC 7617: a name and a password") {
    // The example of section 2, and that of 2.1 with a pound sign.
    const auto basic = [](std::string_view name, std::string_view password) {
      return wsx::request(url).basic_auth(name, password).headers;
    };
    CHECK(basic("Aladdin", "open sesame") ==
          wsx::header_list{{"Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}});
    CHECK(basic("test", "123\xc2\xa3") ==
          wsx::header_list{{"Authorization", "Basic dGVzdDoxMjPCow=="}});
    CHECK(basic("", "") == wsx::header_list{{"Authorization", "Basic Og=="}});
    CHECK(basic("a", "b:c") == wsx::header_list{{"Authorization", "Basic YTpiOmM="}});
    for (const auto& [name, password] :
         {std::pair("a:b", "c"), std::pair("a\n", "c"), std::pair("a", "c\x7f")}) {
      wsx::request r(url);
      try {
        r.basic_auth(name, password);
        FAIL("it was taken");
      } catch (const wsx::system_error& error) {
        CHECK(error.code() == wsx::errc::invalid_header);
      }
      CHECK(r.headers.empty());
    }
  }

  TEST_CASE("an origin; the last one counts") {
    const auto r = wsx::request(url).origin("https://a.example").origin("https://b.example");
    CHECK(r.headers == wsx::header_list{{"Origin", "https://b.example"}});
  }

  TEST_CASE("RFC 6750: a token; the last authorization counts") {
    auto r = wsx::request(url).header("authorization", "Other").header("X", "1");
    r.basic_auth("a", "b").bearer_token("abc.def");
    CHECK(r.headers == wsx::header_list{{"X", "1"}, {"Authorization", "Bearer abc.def"}});
  }

  TEST_CASE("a request with a name can be added to") {
    wsx::request r(url);
    static_assert(std::same_as<decltype(r.header("A", "b")), wsx::request&>);
    static_assert(std::same_as<decltype(std::move(r).header("A", "b")), wsx::request&&>);
    r.header("A", "b").subprotocol("c");
    CHECK(r == wsx::request(url).header("A", "b").subprotocol("c"));
    CHECK(r != wsx::request(url).header("A", "b"));
  }
}
