#include "../support.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

using namespace protocol_test;
using wsx::close_code;

namespace {

std::string all_bytes(std::size_t size) {
  std::string bytes(size, ' ');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(255 - i);
  return bytes;
}

}  // namespace

TEST_SUITE("protocol/rfc6455/control_5_5") {
  TEST_CASE("pings and pongs carry up to 125 bytes of anything") {
    for (const std::size_t size : {0u, 1u, 124u, 125u}) {
      CAPTURE(size);
      const std::string payload = all_bytes(size);
      CHECK(receive(wire(ping_frame(payload))) == "ping " + payload + "; ");
      CHECK(receive(wire(pong_frame(payload))) == "pong " + payload + "; ");
    }
  }

  TEST_CASE("a control payload that comes in pieces is not mixed with the one before") {
    CHECK(receive(wire(ping_frame("first"), ping_frame("2"), pong_frame("third"))) ==
          "ping first; ping 2; pong third; ");
  }

  TEST_CASE("a Close frame carries a code and up to 123 bytes of reason") {
    const std::string reason(123, 'r');
    CHECK(receive(wire(close_frame())) == "close; ");
    CHECK(receive(wire(close_frame(1000))) == "close 1000 ; ");
    CHECK(receive(wire(close_frame(4999, reason))) == "close 4999 " + reason + "; ");
  }

  TEST_CASE("a control frame of more than 125 bytes is refused") {
    for (auto frame : {ping_frame(), pong_frame(), close_frame(1000)}) {
      for (const std::size_t size : {126u, 127u, 65'535u, 65'536u}) {
        CAPTURE(size);
        frame.payload.resize(size, 'x');
        check_refused(wire(frame), errc::control_too_long, close_code::protocol_error);
      }
    }
  }

  TEST_CASE("a control frame in fragments is refused") {
    for (const auto& frame : {ping_frame(), ping_frame("x"), pong_frame("x"), close_frame(),
                              close_frame(1000, "bye")}) {
      check_refused(wire(unfinished(frame)), errc::fragmented_control, close_code::protocol_error);
      check_refused(
          wire(unfinished(text_frame("a")), unfinished(frame), continuation_frame("b", true)),
          errc::fragmented_control, close_code::protocol_error);
    }
  }

  TEST_CASE("a control frame's length is in its shortest form") {
    for (const auto form : {length_form::bits_16, length_form::bits_64}) {
      auto frame = ping_frame("x");
      frame.form = form;
      // A 7-bit length of 126 or 127 is over 125, which is found first.
      check_refused(wire(frame), errc::control_too_long, close_code::protocol_error);
    }
  }
}
