#include "../support.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace protocol_test;
using wsx::close_code;

TEST_SUITE("protocol/rfc6455/fragmentation_5_4") {
  TEST_CASE("a message in two frames, and in many") {
    CHECK(receive(wire(unfinished(text_frame("Hel")), continuation_frame("lo", true))) ==
          "text Hello; ");
    std::string bytes = wire(unfinished(binary_frame("")));
    std::string expected;
    for (int i = 0; i < 300; ++i) {
      const std::string piece(static_cast<std::size_t>(i % 5), static_cast<char>('a' + i % 26));
      bytes += wire(continuation_frame(piece, false));
      expected += piece;
    }
    bytes += wire(continuation_frame("end", true));
    CHECK(receive(bytes) == "binary " + expected + "end; ");
  }

  TEST_CASE("empty fragments anywhere") {
    CHECK(receive(wire(unfinished(text_frame("")), continuation_frame("", true))) == "text ; ");
    CHECK(receive(wire(unfinished(text_frame("")), continuation_frame("a", false),
                       continuation_frame("", false), continuation_frame("b", false),
                       continuation_frame("", true))) == "text ab; ");
    CHECK(receive(wire(unfinished(binary_frame("")), continuation_frame("", false),
                       continuation_frame("", true), text_frame("next"))) ==
          "binary ; text next; ");
  }

  TEST_CASE("fragments of all length forms") {
    const std::string small(125, 's');
    const std::string medium(65'535, 'm');
    const std::string large(65'536, 'l');
    CHECK(receive(wire(unfinished(text_frame(small)), continuation_frame(medium, false),
                       continuation_frame(large, true))) ==
          "text " + small + medium + large + "; ");
  }

  TEST_CASE("control frames between the fragments come at once, the message at its end") {
    CHECK(receive(wire(unfinished(text_frame("a")), ping_frame("1"), pong_frame("2"),
                       continuation_frame("b", false), ping_frame(), continuation_frame("c", true),
                       ping_frame("3"))) == "ping 1; pong 2; ping ; text abc; ping 3; ");
  }

  TEST_CASE("a control payload does not disturb the message that it is sent within") {
    const std::string control(125, '!');
    CHECK(receive(wire(unfinished(text_frame("a\xe2\x82")), ping_frame(control),
                       pong_frame("\xff\xff"), continuation_frame("\xac", true))) ==
          "ping " + control + "; pong \xff\xff; text a\xe2\x82\xac; ");
  }

  TEST_CASE("Close within a message is a Close") {
    CHECK(receive(wire(unfinished(text_frame("a")), close_frame(1001, "going"))) ==
          "close 1001 going; ");
  }

  TEST_CASE("a continuation without a message begun is refused") {
    for (const bool fin : {true, false}) {
      for (const std::string payload : {"", "x"}) {
        check_refused(wire(continuation_frame(payload, fin)), errc::unexpected_continuation,
                      close_code::protocol_error);
      }
    }
    check_refused(wire(text_frame("whole"), continuation_frame("x", true)),
                  errc::unexpected_continuation, close_code::protocol_error, "text whole; ");
    check_refused(wire(unfinished(text_frame("a")), continuation_frame("b", true),
                       continuation_frame("c", true)),
                  errc::unexpected_continuation, close_code::protocol_error, "text ab; ");
    check_refused(wire(ping_frame(), continuation_frame("x", true)), errc::unexpected_continuation,
                  close_code::protocol_error, "ping ; ");
  }

  TEST_CASE("a message begun within another is refused") {
    for (const auto& second : {text_frame("b"), binary_frame("b"), text_frame(""),
                               unfinished(binary_frame("b")), unfinished(text_frame(""))}) {
      check_refused(wire(unfinished(text_frame("a")), second), errc::expected_continuation,
                    close_code::protocol_error);
      check_refused(
          wire(unfinished(binary_frame("")), continuation_frame("b", false), ping_frame(), second),
          errc::expected_continuation, close_code::protocol_error, "ping ; ");
    }
  }

  TEST_CASE("a frame out of order is refused by its header") {
    const std::string begun = wire(unfinished(text_frame("a")));
    for (const std::size_t length : {1u, 125u, 126u, 65'535u, 65'536u}) {
      CAPTURE(length);
      for (const bool fin : {true, false}) {
        check_refused_by_header(header_of(continuation_frame("", fin), length),
                                errc::unexpected_continuation);
      }
      for (const auto& second : {text_frame(""), binary_frame(""), unfinished(text_frame(""))}) {
        check_refused_by_header(begun + header_of(second, length), errc::expected_continuation);
      }
    }
  }

  TEST_CASE("a frame that ends its message, and then one out of order") {
    const std::string whole = wire(unfinished(text_frame("a")), continuation_frame("b", true));
    check_refused(whole + header_of(continuation_frame("", true), 5), errc::unexpected_continuation,
                  close_code::protocol_error, "text ab; ");
  }
}
