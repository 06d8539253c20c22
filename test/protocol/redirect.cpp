#include "../../lib/protocol/redirect.hpp"

#include <wsx/error.hpp>

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <vector>

// Where a redirect leads, and what goes there. RFC 9110 10.2.2, 15.4; RFC 3986 5.

namespace {

using wsx::header_list;
using wsx::protocol::http_head;
using wsx::protocol::upgrade_request;

http_head found(std::string location) {
  http_head head;
  head.status = 302;
  head.headers.emplace_back("Location", std::move(location));
  return head;
}

upgrade_request asks(std::string_view url, header_list headers = {}) {
  upgrade_request ask;
  REQUIRE(!wsx::parse_url(url, ask.to));
  ask.headers = std::move(headers);
  return ask;
}

std::string led(std::string_view from, std::string location) {
  auto ask = asks(from);
  std::string what;
  const auto error = redirect(found(std::move(location)), ask, what);
  CAPTURE(what);
  CHECK(!error);
  return ask.to.without_user_info();
}

std::string refused(std::string_view from, const http_head& response) {
  auto ask = asks(from);
  std::string what;
  CHECK(redirect(response, ask, what) == wsx::errc::bad_redirect);
  wsx::url same;
  CHECK(!wsx::parse_url(from, same));
  CHECK(ask.to.without_user_info() == same.without_user_info());
  return what;
}

std::vector<std::string> names_after(std::string_view from, std::string to, header_list headers) {
  auto ask = asks(from, std::move(headers));
  std::string what;
  CHECK(!redirect(found(std::move(to)), ask, what));
  std::vector<std::string> names;
  for (const auto& field : ask.headers) names.push_back(field.name);
  return names;
}

using names = std::vector<std::string>;

}  // namespace

TEST_SUITE("protocol/redirect") {
  TEST_CASE("five statuses are redirects that keep the request") {
    const auto is_one = [](int status) {
      http_head head;
      head.status = status;
      return wsx::protocol::is_redirect(head);
    };
    for (const int status : {301, 302, 303, 307, 308}) CHECK(is_one(status));
    for (const int status : {101, 200, 300, 304, 305, 306, 309, 401, 503}) CHECK(!is_one(status));
  }

  TEST_CASE("an absolute Location: http and https for ws and wss") {
    CHECK(led("ws://a/x", "ws://b:81/y?z") == "ws://b:81/y?z");
    CHECK(led("ws://a/x", "https://b") == "wss://b/");
    CHECK(led("wss://a/x", "HTTPS://B/") == "wss://b/");
    CHECK(led("ws://a/x", "http://b/p q") == "ws://b/p%20q");
    CHECK(led("ws://a/x", "http://b/y#fragment") == "ws://b/y");
  }

  TEST_CASE("a relative one, as in RFC 3986 5.4") {
    const auto from = "ws://a/b/c/d?q";
    CHECK(led(from, "//g") == "ws://g/");
    CHECK(led(from, "g") == "ws://a/b/c/g");
    CHECK(led(from, "./g") == "ws://a/b/c/g");
    CHECK(led(from, "g/") == "ws://a/b/c/g/");
    CHECK(led(from, "/g") == "ws://a/g");
    CHECK(led(from, "?y") == "ws://a/b/c/d?y");
    CHECK(led(from, "g?y") == "ws://a/b/c/g?y");
    CHECK(led(from, "#s") == "ws://a/b/c/d?q");
    CHECK(led(from, "g?y#s") == "ws://a/b/c/g?y");
    CHECK(led(from, "") == "ws://a/b/c/d?q");
    CHECK(led(from, ".") == "ws://a/b/c/");
    CHECK(led(from, "./") == "ws://a/b/c/");
    CHECK(led(from, "..") == "ws://a/b/");
    CHECK(led(from, "../g") == "ws://a/b/g");
    CHECK(led(from, "../..") == "ws://a/");
    CHECK(led(from, "../../../../g") == "ws://a/g");
    CHECK(led(from, "/./g") == "ws://a/g");
    CHECK(led(from, "g.") == "ws://a/b/c/g.");
    CHECK(led(from, "..g") == "ws://a/b/c/..g");
    CHECK(led(from, "./g/.") == "ws://a/b/c/g/");
    CHECK(led(from, "g/../h") == "ws://a/b/c/h");
    CHECK(led(from, "g?y/../x") == "ws://a/b/c/g?y/../x");
    CHECK(led(from, "g h") == "ws://a/b/c/g%20h");
    CHECK(led(from, "..\\g") == "ws://a/b/g");
    CHECK(led("ws://a", "g") == "ws://a/g");
    CHECK(led("ws://[fe80::1%25eth0]:81/b", "/g") == "ws://[fe80::1]:81/g");
  }

  TEST_CASE("a relative one stays at the interface of an address") {
    auto ask = asks("ws://[fe80::1%25eth0]/");
    std::string what;
    CHECK(!redirect(found("/g"), ask, what));
    CHECK(ask.to.zone == "eth0");
  }

  TEST_CASE("what leads nowhere is refused, and that says why") {
    CHECK(refused("ws://a/", {}) == "the redirect has no Location");
    auto two = found("/x");
    two.headers.emplace_back("location", "/y");
    CHECK(refused("ws://a/", two) == "the redirect has several Locations");
    CHECK(refused("wss://a/", found("ws://a:444/x")) ==
          "the redirect leads from wss to ws, at a:444");
    CHECK(refused("wss://a/", found("http://a/x")) == "the redirect leads from wss to ws, at a:80");
    CHECK(refused("ws://a/", found("ftp://a/x")) ==
          "the redirect's Location \"ftp://a/x\" is not a URL to go to: the scheme is \"ftp\", not "
          "ws or wss");
    CHECK(refused("ws://a/", found("mailto:you")).find("is not a URL to go to") !=
          std::string::npos);
    CHECK(refused("ws://a/", found("ws://u:secret@/x?k=secret")).find("secret") ==
          std::string::npos);
    CHECK(refused("ws://a/", found("/\xff")).find("it has the byte \\xff") != std::string::npos);
  }

  TEST_CASE("what belongs to an origin does not go to another") {
    const header_list all{{"Authorization", "a"},       {"cookie", "b"},
                          {"Proxy-Authorization", "c"}, {"Host", "d"},
                          {"X-Key", "e", true},         {"X-Other", "f"}};
    const names kept{"X-Other"};
    CHECK(names_after("ws://a/", "ws://b/", all) == kept);
    CHECK(names_after("ws://a/", "ws://a:81/", all) == kept);
    CHECK(names_after("ws://a/", "wss://a/", all) == kept);
    CHECK(names_after("ws://a:443/", "wss://a/", all) == kept);
    CHECK(names_after("ws://a/", "ws://a:80/x", all).size() == all.size());
    CHECK(names_after("ws://a/", "http://A/x", all).size() == all.size());
    CHECK(names_after("ws://a/", "x", all).size() == all.size());
  }

  TEST_CASE("user information of the Location is used, unless a field says something else") {
    CHECK(names_after("ws://a/", "ws://u:p@b/", {{"Authorization", "x"}}) ==
          names{"Authorization"});
    CHECK(names_after("ws://a/", "ws://u:p@a/", {{"Authorization", "x"}}) ==
          names{"Authorization"});
    auto ask = asks("ws://me:mine@a/", {{"Authorization", "x"}});
    std::string what;
    CHECK(!redirect(found("ws://u:p@b/"), ask, what));
    CHECK(*wsx::find_header(ask.headers, "Authorization") == "Basic dTpw");
    CHECK(!redirect(found("ws://u:other@b/"), ask, what));
    CHECK(*wsx::find_header(ask.headers, "Authorization") == "Basic dTpw");
    CHECK(!redirect(found("ws://c/"), ask, what));
    CHECK(wsx::find_header(ask.headers, "Authorization") == nullptr);
  }
}
