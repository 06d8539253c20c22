#include "../support.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

using namespace protocol_test;
using wsx::close_code;

namespace {

constexpr std::string_view turtles = "\xf0\x9f\x90\xa2 \xe2\x82\xac \xc3\xa9 z";

void check_invalid(const std::string& bytes, const std::string& before = {}) {
  check_refused(bytes, errc::invalid_utf8, close_code::invalid_payload, before);
}

/// A text frame whose header announces more than the bytes that have come.
std::string announcing(std::uint64_t length, std::string_view come) {
  auto frame = text_frame(come);
  frame.declared_length = length;
  return wire(frame);
}

}  // namespace

TEST_SUITE("protocol/rfc6455/utf8_8_1") {
  TEST_CASE("text may be cut into fragments anywhere, within characters too") {
    for (std::size_t i = 0; i <= turtles.size(); ++i) {
      for (std::size_t j = i; j <= turtles.size(); ++j) {
        CHECK(receive(wire(unfinished(text_frame(turtles.substr(0, i))),
                           continuation_frame(turtles.substr(i, j - i), false),
                           continuation_frame(turtles.substr(j), true))) ==
              "text " + std::string(turtles) + "; ");
      }
    }
  }

  TEST_CASE("text that is not UTF-8 is refused with 1007") {
    for (const std::string_view text :
         {"\xff", "\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
          "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xf0\x9f\x90",
          "\xc3", "\xc3(", "good \xe2(\xa1"}) {
      CAPTURE(text);
      check_invalid(wire(text_frame(text)));
      check_invalid(wire(text_frame("fine"), text_frame(std::string(100, 'a').append(text))),
                    "text fine; ");
    }
  }

  TEST_CASE("a wrong byte is refused in whatever fragment it is") {
    check_invalid(wire(unfinished(text_frame("a\xff")), continuation_frame("b", true)));
    check_invalid(wire(unfinished(text_frame("a")), continuation_frame("\xff", true)));
    check_invalid(wire(unfinished(text_frame("\xe2\x82")), continuation_frame("", false),
                       continuation_frame("(", true)));
    check_invalid(
        wire(unfinished(text_frame("\xe2")), ping_frame("\xff"), continuation_frame("(", true)),
        "ping \xff; ");
  }

  TEST_CASE("a character that the message's end cuts is refused, its own is not the next one's") {
    check_invalid(wire(unfinished(text_frame("\xe2")), continuation_frame("\x82", true)));
    check_invalid(
        wire(unfinished(text_frame("\xe2")), continuation_frame("", true), text_frame("\x82\xac")));
    // A binary message that ends like the beginning of a character is not judged.
    CHECK(receive(wire(unfinished(binary_frame("\xe2")), continuation_frame("", true),
                       unfinished(text_frame("ok")), continuation_frame("", true))) ==
          "binary \xe2; text ok; ");
  }

  TEST_CASE("a wrong byte is refused as soon as it has come, whatever else was announced") {
    const std::string early = announcing(1000, "ab\xff");
    CHECK(receive(early) == violation(errc::invalid_utf8));
    CHECK(bytes_until_violation(early) == early.size());
    CHECK(bytes_until_violation(announcing(100'000, "a\xe2\x82(") + std::string(50, 'x')) ==
          10 + 4);
    // A surrogate is known by its second byte, an overlong form too.
    CHECK(bytes_until_violation(wire(text_frame("\xed\xa0\x80"))) == 2 + 2);
    CHECK(bytes_until_violation(wire(text_frame("\xe0\x80\x80"))) == 2 + 2);
    CHECK(bytes_until_violation(wire(text_frame("\xf4\x90\x80\x80"))) == 2 + 2);
    CHECK(bytes_until_violation(wire(text_frame("\xc0\x80"))) == 2 + 1);
  }

  TEST_CASE("a wrong byte of a fragment is refused as soon, in delivery in pieces as well") {
    const std::string bytes =
        wire(unfinished(text_frame("fine"))) + "\x80\x7e\x03\xe8" + "12\xff and more";
    for (const auto how : {delivery::messages, delivery::fragments}) {
      CHECK(bytes_until_violation(bytes, {}, how) == 6 + 4 + 3);
    }
  }

  TEST_CASE("binary is not judged") {
    CHECK(receive(wire(unfinished(binary_frame("\xff")), continuation_frame("\xe2", true),
                       binary_frame("\xc0"))) == "binary \xff\xe2; binary \xc0; ");
  }
}
