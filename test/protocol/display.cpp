#include "../../lib/protocol/display.hpp"

#include <wsx/url.hpp>

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <string_view>

using wsx::protocol::display_field;
using wsx::protocol::display_url;
using wsx::protocol::escape;
using wsx::protocol::name_of;
using wsx::protocol::quote;

TEST_SUITE("protocol/display") {
  TEST_CASE("control characters, quotes and backslashes are escaped") {
    CHECK(escape("plain text, 1 < 2") == "plain text, 1 < 2");
    CHECK(escape("a\r\nb\tc") == R"(a\r\nb\tc)");
    CHECK(escape("\x1b[31mred\x07\x7f") == R"(\x1b[31mred\x07\x7f)");
    CHECK(escape(std::string_view("a\0b", 3)) == R"(a\x00b)");
    CHECK(escape("\xc2\x80\xc2\x9b\xc2\x9f") == R"(\x80\x9b\x9f)");
    CHECK(escape(R"(say "\n")") == R"(say \"\\n\")");
    CHECK(escape("") == "");
  }

  TEST_CASE("UTF-8 stays, what is not UTF-8 is escaped byte by byte") {
    CHECK(escape("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80") ==
          "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
    CHECK(escape("\xff\xfe") == R"(\xff\xfe)");
    CHECK(escape("a\xc3") == R"(a\xc3)");
    CHECK(escape("\xc3\x28") == R"(\xc3()");
    CHECK(escape("\xc0\xaf") == R"(\xc0\xaf)");                  // overlong
    CHECK(escape("\xe0\x80\xaf") == R"(\xe0\x80\xaf)");          // overlong
    CHECK(escape("\xed\xa0\x80") == R"(\xed\xa0\x80)");          // a surrogate
    CHECK(escape("\xf4\x90\x80\x80") == R"(\xf4\x90\x80\x80)");  // over 10FFFF
    CHECK(escape("\xe2\x82") == R"(\xe2\x82)");
  }

  TEST_CASE("characters that are not seen, or turn the direction, are escaped") {
    CHECK(escape("a\u200eb\u200fc") == R"(a\u200eb\u200fc)");
    CHECK(escape("\u202a\u202b\u202c\u202d\u202e") == R"(\u202a\u202b\u202c\u202d\u202e)");
    CHECK(escape("\u2066\u2067\u2068\u2069") == R"(\u2066\u2067\u2068\u2069)");
    CHECK(escape("\u2028\u2029\u200b\ufeff\u061c") == R"(\u2028\u2029\u200b\ufeff\u061c)");
    CHECK(escape("\u2027\u2030\u206a") == "\u2027\u2030\u206a");
  }

  TEST_CASE("what is too long is cut, never within an escape or a character") {
    CHECK(escape("12345", 5) == "12345");
    CHECK(escape("123456", 5) == "12...");
    CHECK(escape("12\x1b"
                 "3456",
                 6) == "12...");  // the escape has no room
    CHECK(escape("1\r23456", 6) == R"(1\r...)");
    CHECK(escape("\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc", 5) == "\u00fc\u00fc...");
    CHECK(escape("\u00fc\u00fc\u00fc\u00fc\u00fc", 5) == "\u00fc\u00fc\u00fc\u00fc\u00fc");
    CHECK(escape("abc", 2) == "..");
    CHECK(escape("abc", 0) == "");
    CHECK(escape(std::string(80, 'x')) == std::string(80, 'x'));
    CHECK(escape(std::string(81, 'x')) == std::string(77, 'x') + "...");
    CHECK(escape(std::string(100, '\xff')).size() <= 80);
  }

  TEST_CASE("in quotes") {
    CHECK(quote("a") == "\"a\"");
    CHECK(quote("") == "\"\"");
    CHECK(quote("a\"b") == R"("a\"b")");
    CHECK(quote("123456", 5) == "\"12...\"");
  }

  TEST_CASE("the names of characters") {
    CHECK(name_of(' ') == "a space");
    CHECK(name_of('\n') == "a line feed");
    CHECK(name_of('\r') == "a carriage return");
    CHECK(name_of('\t') == "a tab");
    CHECK(name_of('\0') == "a NUL");
    CHECK(name_of('\x1b') == "the control character \\x1b");
    CHECK(name_of('\x7f') == "the control character \\x7f");
    CHECK(name_of('\xe9') == "the byte \\xe9");
    CHECK(name_of('<') == "the character <");
  }

  TEST_CASE("URLs: no user information, no fragment, no values of the query") {
    struct shown {
      std::string_view text;
      std::string_view expected;
    };
    const shown table[] = {
        {"ws://localhost:7802/", "ws://localhost:7802/"},
        {"wss://example.com/a/b", "wss://example.com/a/b"},
        {"wss://[2001:db8::1]:1/x", "wss://[2001:db8::1]:1/x"},
        {"wss://user:secret@host/", "wss://host/"},
        {"wss://user@host:1/x?a=secret&b=#secret", "wss://host:1/x?a=***&b=***"},
        {"wss://@host/", "wss://host/"},
        {"wss://host/?token=secret", "wss://host/?token=***"},
        {"wss://host/?secret", "wss://host/?***"},
        {"wss://host/?a=secret;b=secret&&c=secret=secret", "wss://host/?a=***;b=***&&c=***"},
        {"wss://host/?", "wss://host/?"},
        {"wss://host?a=secret", "wss://host?a=***"},
        {"wss://host/users/@me", "wss://host/users/@me"},
        {"wss://host/#secret", "wss://host/"},
        // What can't be parsed.
        {"wss://user:sec ret@host/", "wss://host/"},
        {"wss://user:sec/ret@host/", "wss://host/"},
        // Which of them has the "@"?
        {"wss://user:sec?ret@host/", "wss://***"},
        {"wss://user:sec#ret@host/", "wss://***"},
        {"wss://host/p?email=a@b&token=secret with a space", "wss://***"},
        {"host.example/?email=a@b.c/x&token=secret", "***"},
        {"wss:///bob:secret@host/", "wss://host/"},
        {"/login?mail=bob@example.com&token=secret", "/login?mail=***&token=***"},
        {"wss://user:sec\nret@host/?a=secret", "wss://host/?a=***"},
        {"user:secret@host", "host"},
        {"secret@host:80/", "host:80/"},
        {"//user:secret@host/", "host/"},
        {"mailto:secret@host", "host"},
        {"ws://secret@secret@c/?secret", "ws://c/?***"},
        {"ws://h/\r\nSet-Cookie: a\x1b[m", R"(ws://h/\r\nSet-Cookie: a\x1b[m)"},
        {"ws://h/?a\r\n=secret", R"(ws://h/?a\r\n=***)"},
        {"ws://h/?a=secret\r\n&b=secret", "ws://h/?a=***&b=***"},
        {"ws://h/\xff", R"(ws://h/\xff)"},
        {"localhost:7802", "localhost:7802"},
        {"", ""},
    };
    for (const auto& row : table) {
      CAPTURE(row.text);
      CHECK(display_url(row.text) == row.expected);
      CHECK(display_url(row.text).find("secret") == std::string::npos);
    }
  }

  TEST_CASE("header fields: only values that are known to be harmless") {
    CHECK(display_field("Server", "nginx\r\n") == R"(Server: nginx\r\n)");
    CHECK(display_field("UPGRADE ", "h2c") == "UPGRADE : h2c");
    CHECK(display_field("Location", "https://u:secret@h/?a=secret") ==
          "Location: https://h/?a=***");
    for (const std::string_view name : {"Authorization", "authorization", "Proxy-Authorization",
                                        "Cookie", "Set-Cookie", "X-Api-Key", "X-Auth-Token", ""})
      CHECK(display_field(name, "secret") == std::string(name) + ": ***");
    CHECK(display_field("a\nb", "secret") == R"(a\nb: ***)");
  }

  TEST_CASE("URLs: bounded, and so is the work") {
    CHECK(display_url("ws://h/" + std::string(10'000, 'a')).size() == 200);
    CHECK(display_url("ws://h/?" + std::string(100'000, '&')).size() == 200);
    std::string many = "ws://h/?";
    for (int i = 0; i < 1000; ++i) many += "name=secret&";
    CHECK(display_url(many).size() == 200);
    CHECK(display_url(many).find("secret") == std::string::npos);
  }
}
