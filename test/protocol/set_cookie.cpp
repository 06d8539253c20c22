#include "../../lib/protocol/set_cookie.hpp"

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <vector>

// What a server's Set-Cookie makes: RFC 6265 5.1 to 5.3.

namespace {

using namespace std::chrono_literals;
using wsx::cookie;
using wsx::protocol::cookie_time;
using wsx::protocol::parse_cookie_date;

const cookie_time now{std::chrono::sys_days(std::chrono::year(2030) / 1 / 1)};

wsx::url at(std::string_view text) {
  wsx::url result;
  REQUIRE(!wsx::parse_url(text, result));
  return result;
}

std::optional<cookie> parsed(std::string_view value,
                             std::string_view from = "wss://a.example/x/y") {
  return wsx::protocol::parse_set_cookie(value, at(from), now);
}

// All of it in words; "ignored" if it is.
std::string words(std::string_view value, std::string_view from = "wss://a.example/x/y") {
  const auto c = parsed(value, from);
  if (!c) return "ignored";
  std::string text = c->name + "=" + c->value + " " + c->domain + c->path;
  if (!c->host_only) text += " below";
  if (c->secure) text += " secure";
  return text;
}

std::optional<std::chrono::seconds> life(std::string_view attribute) {
  const auto c = parsed("a=b; " + std::string(attribute));
  REQUIRE(c);
  if (!c->expires) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*c->expires - now);
}

std::string date(std::string_view text) {
  const auto result = parse_cookie_date(text);
  if (!result) return "none";
  const auto day = std::chrono::floor<std::chrono::days>(*result);
  const std::chrono::year_month_day d(day);
  const auto rest = std::chrono::floor<std::chrono::seconds>(*result - day);
  return std::to_string(static_cast<int>(d.year())) + "-" +
         std::to_string(static_cast<unsigned>(d.month())) + "-" +
         std::to_string(static_cast<unsigned>(d.day())) + " " + std::to_string(rest.count());
}

}  // namespace

TEST_SUITE("protocol/set_cookie") {
  TEST_CASE("name and value") {
    CHECK(words("a=b") == "a=b a.example/x");
    CHECK(words(" a = b ; Secure") == "a=b a.example/x secure");
    CHECK(words("a=") == "a= a.example/x");
    CHECK(words("a=b=c") == "a=b=c a.example/x");
    CHECK(words("a=\"b c\"") == "a=\"b c\" a.example/x");
    for (const auto* text : {"", "a", "=b", " =b", ";a=b"}) CHECK(words(text) == "ignored");
    CHECK(words(std::string("a=b\0c", 5)) == "ignored");
    CHECK(words("a=b\r\nX: y") == "ignored");
    CHECK(words("a=" + std::string(4095, 'x')) != "ignored");
    CHECK(words("a=" + std::string(4096, 'x')) == "ignored");
  }

  TEST_CASE("Domain: the host itself, or one above it, but no public suffix") {
    CHECK(words("a=b; Domain=a.example") == "a=b a.example/x below");
    CHECK(words("a=b; domain=.A.Example") == "a=b a.example/x below");
    CHECK(words("a=b; Domain=a.example", "wss://b.a.example/") == "a=b a.example/ below");
    CHECK(words("a=b; Domain=b.example") == "ignored");
    CHECK(words("a=b; Domain=b.a.example") == "ignored");
    CHECK(words("a=b; Domain=a.example", "wss://ba.example/") == "ignored");
    CHECK(words("a=b; Domain=example") == "ignored");
    CHECK(words("a=b; Domain=") == "a=b a.example/x");
    CHECK(words("a=b; Domain=x.example; Domain=a.example") == "a=b a.example/x below");
    CHECK(words("a=b; Domain=localhost", "wss://localhost/") == "a=b localhost/");
  }

  TEST_CASE("Domain of an address: only the address itself") {
    CHECK(words("a=b; Domain=127.0.0.1", "wss://127.0.0.1/") == "a=b 127.0.0.1/");
    CHECK(words("a=b; Domain=0.0.1", "wss://127.0.0.1/") == "ignored");
  }

#if defined(WSX_HAS_PSL)
  TEST_CASE("with libpsl: suffixes with a dot, too") {
    CHECK(words("a=b; Domain=co.uk", "wss://bank.co.uk/") == "ignored");
    CHECK(words("a=b; Domain=bank.co.uk", "wss://x.bank.co.uk/") == "a=b bank.co.uk/ below");
    CHECK(words("a=b; Domain=github.io", "wss://github.io/") == "a=b github.io/");
  }
#endif

  TEST_CASE("Path: a given one, or the directory of the request") {
    CHECK(words("a=b; Path=/z") == "a=b a.example/z");
    CHECK(words("a=b; Path=z") == "a=b a.example/x");
    CHECK(words("a=b; Path=") == "a=b a.example/x");
    CHECK(words("a=b", "wss://a.example") == "a=b a.example/");
    CHECK(words("a=b", "wss://a.example/x") == "a=b a.example/");
    CHECK(words("a=b", "wss://a.example/x/?q=/y/z") == "a=b a.example/x");
  }

  TEST_CASE("Secure needs wss, and so do names that promise it") {
    CHECK(words("a=b; Secure", "ws://a.example/") == "ignored");
    CHECK(words("a=b; secure=no") == "a=b a.example/x secure");
    CHECK(words("__Secure-a=b") == "ignored");
    CHECK(words("__secure-a=b; Secure") == "__secure-a=b a.example/x secure");
    CHECK(words("__Host-a=b; Secure; Path=/") == "__Host-a=b a.example/ secure");
    CHECK(words("__Host-a=b; Secure", "wss://a.example/") == "ignored");
    CHECK(words("__Host-a=b; Secure; Path=/; Domain=a.example") == "ignored");
    CHECK(words("__Host-a=b; Path=/") == "ignored");
  }

  TEST_CASE("Max-Age comes before Expires, and lives are bounded") {
    CHECK(!life("Other"));
    CHECK(life("Max-Age=60") == 60s);
    CHECK(life("Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT") == 60s);
    CHECK(life("Expires=Tue, 01 Jan 2030 00:01:00 GMT") == 60s);
    CHECK(life("Expires=Wed, 01 Jan 2070 00:00:00 GMT") == 400 * 24h);
    CHECK(life("Max-Age=99999999999999999999") == 400 * 24h);
    CHECK(*life("Max-Age=0") < 0s);
    CHECK(*life("Max-Age=-99999999999999999999") < 0s);
    CHECK(!life("Max-Age=x"));
    CHECK(!life("Max-Age=-"));
    CHECK(!life("Max-Age="));
    CHECK(!life("Expires=tomorrow"));
  }

  TEST_CASE("dates, as forgiving as RFC 6265 5.1.1") {
    const std::string at = "1994-11-6 31777";
    CHECK(date("Sun, 06 Nov 1994 08:49:37 GMT") == at);
    CHECK(date("Sunday, 06-Nov-94 08:49:37 GMT") == at);
    CHECK(date("Sun Nov  6 08:49:37 1994") == at);
    CHECK(date("8:49:37 6 november 94") == at);
    CHECK(date("1994 08:49:37 Nov 06") == at);
    CHECK(date("06 Nov 69 00:00:00") == "2069-11-6 0");
    CHECK(date("06 Nov 70 00:00:00") == "1970-11-6 0");
    for (const auto* text :
         {"", "Nov", "06 Nov 1994", "31 Feb 1994 00:00:00", "0 Nov 1994 00:00:00",
          "06 Nov 1600 00:00:00", "06 Nov 1994 24:00:00", "06 Nov 1994 00:60:00",
          "06 Nov 1994 00:00:60", "06 Foo 1994 00:00:00", "06 Nov 19945 00:00:00",
          "06 Nov 1994 00:00:000", "06 Nov 1994 00-00-00"}) {
      CAPTURE(text);
      CHECK(date(text) == "none");
    }
  }
}
