#include "../../../lib/transport/proxy/exchange.hpp"

#include <wsx/error.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>

using namespace std::string_literals;
using namespace std::string_view_literals;
using wsx::errc;

namespace {

wsx::socks_destination to_name(std::string name) {
  return {.name = std::move(name), .address = {}, .port = 0x1234};
}

wsx::socks_destination to_address(const char* text) {
  return {.name = {}, .address = asio::ip::make_address(text), .port = 443};
}

struct asked {
  std::unique_ptr<wsx::proxy_exchange> exchange;
  std::string greeting;
  std::string what{};

  explicit asked(const std::string& proxy_url = "socks5h://p",
                 const wsx::socks_destination& to = to_name("host")) {
    wsx::proxy by;
    REQUIRE(parse_proxy(proxy_url, by, what));
    exchange = make_socks5(by, to);
    greeting = exchange->take_output();
  }

  std::error_code answer(std::string_view text) {
    return exchange->feed(wsx::as_bytes(text), what);
  }

  // Returns what is sent after that.
  std::string after(std::string_view text) {
    REQUIRE_FALSE(answer(text));
    return exchange->take_output();
  }

  void check_fails(std::string_view text, errc error, std::string_view expected) {
    CHECK(answer(text) == error);
    CHECK(what == expected);
    CHECK(exchange->take_output().empty());
  }
};

// Up to the request to connect.
asked asking() {
  asked a;
  a.after("\x05\x00"sv);
  return a;
}

}  // namespace

TEST_SUITE("transport/proxy/socks5") {
  TEST_CASE("RFC 1928 3, 4: without authentication, by name") {
    asked a;
    CHECK(a.greeting == "\x05\x01\x00"s);
    CHECK(a.after("\x05\x00"sv) == "\x05\x01\x00\x03\x04host\x12\x34"s);
    CHECK_FALSE(a.answer("\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50"sv));
    CHECK(a.exchange->done());
    CHECK(a.exchange->take_output().empty());
  }

  TEST_CASE("RFC 1928 5: addresses") {
    asked four("socks5://p", to_address("192.0.2.1"));
    CHECK(four.after("\x05\x00"sv) == "\x05\x01\x00\x01\xc0\x00\x02\x01\x01\xbb"s);
    asked six("socks5://p", to_address("2001:db8::1"));
    CHECK(six.after("\x05\x00"sv) ==
          "\x05\x01\x00\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x01\xbb"s);
    const std::string longest(255, 'x');
    asked name("socks5h://p", to_name(longest));
    CHECK(name.after("\x05\x00"sv) == "\x05\x01\x00\x03\xff"s + longest + "\x12\x34");
  }

  TEST_CASE("RFC 1929: with a name and password, if the proxy wants them") {
    asked a("socks5h://me:a%3ab@p");
    CHECK(a.greeting == "\x05\x02\x00\x02"s);
    CHECK(a.after("\x05\x02"sv) == "\x01\x02me\x03"s + "a:b");
    CHECK(a.after("\x01\x00"sv).starts_with("\x05\x01\x00"sv));
    asked unasked("socks5h://me:b@p");
    CHECK(unasked.after("\x05\x00"sv).starts_with("\x05\x01\x00\x03"sv));
    asked nameless("socks5h://me@p");
    CHECK(nameless.after("\x05\x02"sv) == "\x01\x02me\x00"s);
  }

  TEST_CASE("each answer in pieces, with each kind of address") {
    for (const std::string& last :
         {"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50"s, "\x05\x00\x00\x03\x02hi\x00\x50"s,
          "\x05\x00\x00\x03\x00\x00\x50"s, "\x05\x00\x00\x04"s + std::string(18, '\0')}) {
      asked a("socks5h://me:b@p");
      const std::string all = "\x05\x02\x01\x00"s + last;
      for (const char c : all) {
        CHECK_FALSE(a.exchange->done());
        REQUIRE_FALSE(a.answer({&c, 1}));
        a.exchange->take_output();
      }
      CHECK(a.exchange->done());
    }
  }

  TEST_CASE("other methods than those that were offered") {
    const auto demanded = errc::proxy_authentication_required;
    asked().check_fails("\x05\xff"sv, demanded,
                        "the proxy demands authentication; its URL has no name and password");
    asked().check_fails("\x05\x02"sv, demanded,
                        "the proxy demands authentication; its URL has no name and password");
    asked("socks5://a:b@p")
        .check_fails(
            "\x05\xff"sv, demanded,
            "the proxy accepts neither the name and password of its URL nor a client without");
    asked().check_fails("\x05\x01"sv, errc::malformed_proxy_answer,
                        "the proxy's answer is not one of SOCKS 5: it has method 1, which was not "
                        "offered");
  }

  TEST_CASE("a wrong password; the version of its answer") {
    asked a("socks5://a:secret@p");
    a.after("\x05\x02"sv);
    a.check_fails("\x01\x01"sv, errc::proxy_authentication_required,
                  "the proxy does not take the name and password of its URL");
    asked b("socks5://a:secret@p");
    b.after("\x05\x02"sv);
    b.check_fails("\x05\x00"sv, errc::malformed_proxy_answer,
                  "the proxy's answer is not one of SOCKS 5: it has version 5 of RFC 1929");
  }

  TEST_CASE("RFC 1928 6: each reply") {
    const auto later = errc::proxy_refused_for_now;
    const auto never = errc::proxy_refused;
    const std::string no = "the proxy could not connect: ";
    asking().check_fails("\x05\x01"sv, later, no + "general failure (SOCKS reply 1)");
    asking().check_fails("\x05\x02"sv, never,
                         no + "connection not allowed by its rules (SOCKS reply 2)");
    asking().check_fails("\x05\x03"sv, later, no + "network unreachable (SOCKS reply 3)");
    asking().check_fails("\x05\x04"sv, later, no + "host unreachable (SOCKS reply 4)");
    asking().check_fails("\x05\x05"sv, later, no + "connection refused (SOCKS reply 5)");
    asking().check_fails("\x05\x06"sv, later, no + "TTL expired (SOCKS reply 6)");
    asking().check_fails("\x05\x07"sv, never, no + "command not supported (SOCKS reply 7)");
    asking().check_fails("\x05\x08"sv, never, no + "address type not supported (SOCKS reply 8)");
    asking().check_fails("\x05\x09"sv, later, no + "an unknown cause (SOCKS reply 9)");
    asking().check_fails("\x05\xff"sv, later, no + "an unknown cause (SOCKS reply 255)");
  }

  TEST_CASE("garbage") {
    const auto bad = errc::malformed_proxy_answer;
    const std::string no = "the proxy's answer is not one of SOCKS 5: it has ";
    asked().check_fails("\x04"sv, bad, no + "version 4");
    asked().check_fails("HTTP/1.1 400"sv, bad, no + "version 72; if it is an HTTP proxy, use http");
    asking().check_fails("\x04"sv, bad, no + "version 4");
    asking().check_fails("\x05\x00\x00\x02\x00"sv, bad, no + "address type 2");
  }

  TEST_CASE("more than was asked for") {
    const auto bad = errc::malformed_proxy_answer;
    const std::string more = "the proxy's answer is not one of SOCKS 5: it has more than an answer";
    asked a;
    CHECK(a.answer("\x05\x00\x05"sv) == bad);
    CHECK(a.what == more);
    asked b = asking();
    CHECK(b.answer("\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50X"sv) == bad);
    CHECK(b.what == more);
  }

  TEST_CASE("an end in between") {
    asked a("socks5://a:b@p");
    CHECK(a.exchange->describe_end() == "the proxy ended the connection without an answer");
    a.after("\x05\x02"sv);
    CHECK(a.exchange->describe_end() == "the proxy ended the connection at the name and password");
    a.after("\x01\x00"sv);
    CHECK(a.exchange->describe_end() == "the proxy ended the connection before it had connected");
    CHECK_FALSE(a.answer(""));
  }
}
