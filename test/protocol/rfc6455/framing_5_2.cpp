#include "../support.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>

using namespace protocol_test;
using wsx::close_code;

namespace {

void check_violation(const std::string& bytes, errc why) {
  check_refused(bytes, why, close_code::protocol_error);
  // The state that earlier messages leave behind makes no difference.
  check_refused(wire(text_frame("before")) + bytes, why, close_code::protocol_error,
                "text before; ");
}

server_frame with_form(server_frame frame, length_form form) {
  frame.form = form;
  return frame;
}

server_frame declaring(std::uint64_t length, length_form form) {
  auto frame = binary_frame("abc");
  frame.form = form;
  frame.declared_length = length;
  return frame;
}

}  // namespace

TEST_SUITE("protocol/rfc6455/framing_5_2") {
  TEST_CASE("a reserved bit that no extension defined is refused, on every kind of frame") {
    for (int rsv = 1; rsv < 8; ++rsv) {
      for (auto frame : {text_frame("x"), binary_frame("x"), continuation_frame("x", true),
                         ping_frame("x"), pong_frame("x"), close_frame(1000)}) {
        frame.rsv = static_cast<std::uint8_t>(rsv);
        CAPTURE(rsv);
        check_violation(wire(frame), errc::reserved_bits);
      }
    }
  }

  TEST_CASE("a reserved bit is refused within a message too") {
    auto frame = continuation_frame("x", true);
    frame.rsv = rsv1;
    check_violation(wire(unfinished(text_frame("a")), frame), errc::reserved_bits);
  }

  TEST_CASE("reserved opcodes are refused, with FIN or without, empty or not") {
    for (const int op : {0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf}) {
      for (const std::string payload : {"", "x"}) {
        for (const bool fin : {true, false}) {
          CAPTURE(op);
          check_violation(
              wire(server_frame{
                  .opcode = static_cast<std::uint8_t>(op), .payload = payload, .fin = fin}),
              errc::reserved_opcode);
        }
      }
    }
  }

  TEST_CASE("RFC 6455 5.1: a masked frame is refused, whatever its key and length") {
    for (const auto key :
         {wsx::testing::mask_key{0, 0, 0, 0}, wsx::testing::mask_key{1, 2, 3, 4}}) {
      for (const std::size_t size : {0u, 1u, 125u}) {
        for (auto frame : {text_frame(""), ping_frame(), pong_frame(), close_frame()}) {
          frame.payload.assign(size, 'x');
          frame.mask = key;
          check_violation(wire(frame), errc::masked_frame);
        }
      }
      auto frame = binary_frame(std::string(300, 'x'));
      frame.mask = key;
      check_violation(wire(frame), errc::masked_frame);
    }
  }

  TEST_CASE("a length is in its shortest form") {
    using enum length_form;
    for (const std::uint64_t length : {0u, 1u, 3u, 125u}) {
      check_violation(wire(declaring(length, bits_16)), errc::invalid_length);
      check_violation(wire(declaring(length, bits_64)), errc::invalid_length);
    }
    for (const std::uint64_t length : {126u, 127u, 65535u}) {
      check_violation(wire(declaring(length, bits_64)), errc::invalid_length);
    }
  }

  TEST_CASE("each length form is taken at its bounds") {
    using enum length_form;
    const auto takes = [](std::size_t size, length_form form) {
      const std::string payload(size, 'x');
      CHECK(receive(wire(with_form(text_frame(payload), form))) == "text " + payload + "; ");
    };
    takes(0, bits_7);
    takes(125, bits_7);
    takes(126, bits_16);
    takes(127, bits_16);
    takes(65'535, bits_16);
    takes(65'536, bits_64);
    takes(65'537, bits_64);
  }

  TEST_CASE("the most significant bit of a 64-bit length is 0") {
    for (const std::uint64_t low : {std::uint64_t{0}, std::uint64_t{3}, ~std::uint64_t{0} >> 1}) {
      const std::uint64_t length = std::uint64_t{1} << 63 | low;
      check_violation(wire(declaring(length, length_form::bits_64)), errc::invalid_length);
    }
  }

  TEST_CASE("each cut: a bad header is refused before a byte of its payload has come") {
    using enum length_form;
    const std::string begun = wire(unfinished(text_frame("a")));
    for (const std::string& before : {std::string(), begun}) {
      check_refused_by_header(before + "\xb2", errc::reserved_bits);
      check_refused_by_header(before + "\x83", errc::reserved_opcode);
      check_refused_by_header(before + "\x82\x85", errc::masked_frame);
      check_refused_by_header(before + "\x09\x05", errc::fragmented_control);
      check_refused_by_header(before + "\x8a\x7e", errc::control_too_long);
      check_refused_by_header(before + wire(declaring(5, bits_16)).substr(0, 4),
                              errc::invalid_length);
      check_refused_by_header(before + wire(declaring(5, bits_64)).substr(0, 10),
                              errc::invalid_length);
    }
  }

  TEST_CASE("a bad header is refused before a byte of its payload has come") {
    const auto header_alone = [](std::uint64_t length, length_form form) {
      auto frame = declaring(length, form);
      frame.payload.clear();
      return wire(frame);
    };
    CHECK(bytes_until_violation(header_alone(5, length_form::bits_16)) == 4);
    CHECK(bytes_until_violation(header_alone(5, length_form::bits_64)) == 10);
    CHECK(bytes_until_violation("\x8b") == 1);
    CHECK(bytes_until_violation("\x82\x81") == 2);
    CHECK(bytes_until_violation("\x82\xfe") == 2);
    CHECK(bytes_until_violation("\x82\xff") == 2);
    CHECK(bytes_until_violation("\xc2") == 1);
    CHECK(bytes_until_violation("\x89\x7e") == 2);
    CHECK(bytes_until_violation("\x88\x7f") == 2);
    CHECK(bytes_until_violation("\x09\x05") == 2);
  }
}
