#include "../support.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>

using namespace support;
using wsx::close_code;
using wsx::close_origin;
using wsx::memory::byte_buffer;

namespace {

std::string close_with(const std::string& payload) {
  auto frame = close_frame();
  frame.payload = payload;
  return wire(frame);
}

/// What the client answers to a Close frame of the server.
std::optional<close_payload> answer_to(const server_frame& close) {
  const std::string bytes = wire(close);
  message_assembler assembler;
  assembler.feed(wsx::as_bytes(bytes));
  REQUIRE(assembler.next() == receive_event::close);
  close_state state;
  return state.receive(assembler.close());
}

}  // namespace

TEST_SUITE("RFC 6455 7: closing the connection") {
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
      const auto answer = answer_to(close);
      REQUIRE(answer);
      CHECK(static_cast<int>(answer->code.value()) == code);
      CHECK(answer->reason.empty());
    }
  }

  TEST_CASE("7.1.5: a Close without a code is answered without one") {
    const auto answer = answer_to(close_frame());
    REQUIRE(answer);
    CHECK_FALSE(answer->code);
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

  TEST_CASE("7.1.7: what a violation makes the client send is a valid Close frame") {
    message_assembler assembler;
    const std::string bytes = wire(text_frame("\xff"));
    assembler.feed(wsx::as_bytes(bytes));
    REQUIRE(assembler.next() == receive_event::violation);
    close_state state;
    const auto sent = state.fail(assembler.error());
    REQUIRE(sent);
    CHECK(sent->code == close_code::invalid_payload);
    byte_buffer payload;
    write_close(*sent, payload);
    close_payload read;
    CHECK_FALSE(parse_close(payload.view(), read));
    CHECK(read == *sent);
    CHECK(state.reason().origin == close_origin::error);
  }
}
