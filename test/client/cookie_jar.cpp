#include <wsx/cookie_jar.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

// Which cookies go where: RFC 6265 5.3, 5.4.

namespace {

using namespace std::chrono_literals;

const wsx::cookie_jar::time_point now{std::chrono::sys_days(std::chrono::year(2030) / 1 / 1)};

wsx::url at(std::string_view text) {
  wsx::url result;
  REQUIRE(!wsx::parse_url(text, result));
  return result;
}

struct fixture {
  bool set(std::string_view from, std::string_view text, wsx::cookie_jar::time_point when = now) {
    return jar.set(at(from), text, when);
  }
  std::string sent(std::string_view to, wsx::cookie_jar::time_point when = now) {
    return jar.header_for(at(to), when);
  }

  wsx::cookie_jar jar;
};

}  // namespace

TEST_SUITE("client/cookie_jar") {
  TEST_CASE("to the same host, its paths and below") {
    fixture f;
    CHECK(f.set("ws://a.example/x/y", "a=1"));
    CHECK(f.sent("ws://a.example/x") == "a=1");
    CHECK(f.sent("ws://a.example/x/") == "a=1");
    CHECK(f.sent("ws://A.example:81/x/z?q") == "a=1");
    CHECK(f.sent("wss://a.example/x/z") == "a=1");
    CHECK(f.sent("ws://a.example/") == "");
    CHECK(f.sent("ws://a.example/xy") == "");
    CHECK(f.sent("ws://a.example/?/x/") == "");
    CHECK(f.sent("ws://b.a.example/x/z") == "");
    CHECK(f.sent("ws://example/x/z") == "");
    CHECK(f.sent("ws://ba.example/x/z") == "");
  }

  TEST_CASE("with a domain, to the hosts below it") {
    fixture f;
    CHECK(f.set("ws://a.example/", "a=1; Domain=a.example"));
    CHECK(f.sent("ws://a.example/") == "a=1");
    CHECK(f.sent("ws://b.a.example/") == "a=1");
    CHECK(f.sent("ws://ba.example/") == "");
    CHECK(!f.set("ws://a.example/", "a=1; Domain=b.example"));
    CHECK(f.set("ws://10.0.0.1/", "b=1"));
    CHECK(f.sent("ws://1.10.0.0.1.example/") == "");
  }

  TEST_CASE("secure ones over wss only, and nothing in the clear replaces them") {
    fixture f;
    CHECK(f.set("wss://a.example/", "a=1; Secure; Domain=a.example"));
    CHECK(f.sent("ws://a.example/") == "");
    CHECK(f.sent("wss://a.example/") == "a=1");
    CHECK(!f.set("ws://a.example/", "a=2"));
    CHECK(!f.set("ws://b.a.example/x/y", "a=2"));
    CHECK(f.set("ws://a.example/", "b=2"));
    CHECK(f.set("wss://a.example/", "a=3; Domain=a.example"));
    CHECK(f.sent("ws://a.example/") == "a=3; b=2");
  }

  TEST_CASE("longer paths first, then what was set first; a new value keeps its place") {
    fixture f;
    f.set("ws://a.example/", "a=1; Path=/");
    f.set("ws://a.example/", "b=1; Path=/x");
    f.set("ws://a.example/", "c=1; Path=/");
    f.set("ws://a.example/", "a=2; Path=/");
    CHECK(f.sent("ws://a.example/x") == "b=1; a=2; c=1");
  }

  TEST_CASE("unix-domain sockets have none, and are not the host that they name") {
    fixture f;
    CHECK(!f.set("ws+unix:/run/app.sock", "a=1"));
    CHECK(f.set("ws://localhost/", "a=1"));
    CHECK(f.sent("ws://localhost/") == "a=1");
    CHECK(f.sent("ws+unix:/run/app.sock") == "");
  }

  TEST_CASE("expiry") {
    fixture f;
    f.set("ws://a.example/", "a=1; Max-Age=60");
    f.set("ws://a.example/", "b=1");
    CHECK(f.sent("ws://a.example/", now + 59s) == "a=1; b=1");
    CHECK(f.sent("ws://a.example/", now + 60s) == "b=1");
    CHECK(f.jar.all(now + 59s).size() == 2);
    CHECK(f.jar.all(now + 60s).size() == 1);
    CHECK(f.set("ws://a.example/", "b=; Max-Age=0"));
    CHECK(f.sent("ws://a.example/") == "a=1");
    CHECK(f.set("ws://a.example/", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"));
    CHECK(f.jar.all(now).empty());
  }

  TEST_CASE("a domain has 50 at most: the ones used least recently go") {
    fixture f;
    const auto name = [](int n) { return "c" + std::to_string(n); };
    f.set("ws://a.example/", "kept=1; Path=/x");
    for (int n = 0; n < 49; ++n) f.set("ws://a.example/", name(n) + "=1; Path=/y");
    CHECK(f.sent("ws://a.example/x") == "kept=1");
    f.set("ws://b.example/", "other=1");
    f.set("ws://a.example/", "new=1; Path=/x");
    CHECK(f.sent("ws://a.example/x") == "kept=1; new=1");
    CHECK(f.sent("ws://a.example/y").starts_with("c1=1; c2=1"));
    CHECK(f.jar.all(now).size() == 51);
  }

  TEST_CASE("3,000 in all") {
    fixture f;
    for (int n = 0; n < 3001; ++n) f.set("ws://h" + std::to_string(n) + ".example/", "a=1");
    CHECK(f.jar.all(now).size() == 3000);
    CHECK(f.sent("ws://h0.example/") == "");
    CHECK(f.sent("ws://h1.example/") == "a=1");
  }

  TEST_CASE("stored and restored, and cleared") {
    fixture f, g;
    f.set("wss://a.example/x/y", "a=1; Secure; Max-Age=60; Domain=a.example");
    for (const auto& each : f.jar.all(now)) CHECK(g.jar.add(each, now));
    CHECK(g.jar.all(now) == f.jar.all(now));
    CHECK(g.sent("wss://b.a.example/x/z") == "a=1");
    g.jar.clear();
    CHECK(g.jar.all(now).empty());
  }

  TEST_CASE("a stored one must be a cookie") {
    fixture f;
    const wsx::cookie good{"a", "1", "a.example", "/"};
    CHECK(f.jar.add(good, now));
    for (auto change : std::vector<void (*)(wsx::cookie&)>{
             [](wsx::cookie& c) { c.name = ""; }, [](wsx::cookie& c) { c.name = "a=b"; },
             [](wsx::cookie& c) { c.value = "1; b=2"; },
             [](wsx::cookie& c) { c.value = "1\r\nX: y"; }, [](wsx::cookie& c) { c.domain = ""; },
             [](wsx::cookie& c) { c.path = "x"; }}) {
      auto bad = good;
      change(bad);
      CHECK(!f.jar.add(bad, now));
    }
    CHECK(f.jar.all(now).size() == 1);
  }
}
