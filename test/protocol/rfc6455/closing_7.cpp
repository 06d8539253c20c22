#include "../connection_fixture.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

using namespace protocol_test;
using wsx::close_code;

namespace {

std::string close_with(const std::string& payload) {
  auto frame = close_frame();
  frame.payload = payload;
  return wire(frame);
}

/// What a connection answers to a Close frame of the server, in words.
std::string answer_to(const server_frame& close) {
  connection_test::fixture f;
  f.receive(close);
  return describe(f.sent_alone());
}

}  // namespace

TEST_SUITE("protocol/rfc6455/closing_7") {
  TEST_CASE("5.5.1: a Close frame with a single byte is refused") {
    check_refused(close_with("\x03"), errc::bad_close_payload, close_code::protocol_error);
    check_refused(close_with("x"), errc::bad_close_payload, close_code::protocol_error);
  }

  TEST_CASE("7.4: codes that no endpoint may send are refused") {
    for (const int code :
         {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
      CAPTURE(code);
      const auto value = static_cast<std::uint16_t>(code);
      check_refused(wire(close_frame(value)), errc::bad_close_code, close_code::protocol_error);
      check_refused(wire(close_frame(value, "why")), errc::bad_close_code,
                    close_code::protocol_error);
    }
  }

  TEST_CASE("7.4: every other code is taken, and answered with itself") {
    for (const int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
                           3000, 3999, 4000, 4999}) {
      CAPTURE(code);
      const auto close = close_frame(static_cast<std::uint16_t>(code), "why");
      CHECK(receive(wire(close)) == "close " + std::to_string(code) + " why; ");
      CHECK(answer_to(close) == connection_test::close_words(static_cast<std::uint16_t>(code)));
    }
  }

  TEST_CASE("7.1.5: a Close without a code is answered without one") {
    CHECK(answer_to(close_frame()) == "close without a code");
  }

  TEST_CASE("8.1: a reason that is not UTF-8 is refused with 1007") {
    for (const std::string reason : {"\xff", "cut \xe2\x82", "\xc0\x80", "\xed\xa0\x80 end"}) {
      check_refused(wire(close_frame(1000, reason)), errc::invalid_utf8,
                    close_code::invalid_payload);
    }
  }

  TEST_CASE("a reason in any script, wherever it is cut") {
    const std::string reason = "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa2";
    CHECK(receive(wire(close_frame(1000, reason))) == "close 1000 " + reason + "; ");
  }
}
