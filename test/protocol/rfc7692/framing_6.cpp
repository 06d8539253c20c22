#include "support.hpp"

using namespace protocol_test;
using wsx::close_code;

namespace {

const std::string hello = server_deflater().message("Hello");

}  // namespace

TEST_SUITE("protocol/rfc7692/framing_6") {
  TEST_CASE("6.1: RSV1 tells which messages are compressed") {
    CHECK(receive_inflating(wire(text_frame("plain"), compressed(text_frame(hello)),
                                 binary_frame("plain"), compressed(binary_frame(hello)))) ==
          "text plain; text Hello; binary plain; binary Hello; ");
  }

  TEST_CASE("6.1: only the first frame of a message has RSV1") {
    const auto begun = unfinished(compressed(text_frame(hello.substr(0, 3))));
    CHECK(receive_inflating(
              wire(begun, ping_frame("p"), continuation_frame(hello.substr(3), true))) ==
          "ping p; text Hello; ");
    CHECK(receive_inflating(wire(begun, compressed(continuation_frame(hello.substr(3), true)))) ==
          violation(errc::reserved_bits));
    CHECK(receive_inflating(
              wire(unfinished(text_frame("a")), compressed(continuation_frame(hello, true)))) ==
          violation(errc::reserved_bits));
  }

  TEST_CASE("6.1: no control frame has RSV1") {
    for (const auto& frame : {ping_frame(), pong_frame("x"), close_frame(1000)})
      check_refused_inflating(wire(compressed(frame)), errc::reserved_bits,
                              close_code::protocol_error);
  }

  TEST_CASE("RSV2 and RSV3 are still reserved") {
    for (const std::uint8_t bits : {rsv2, rsv3}) {
      auto frame = compressed(text_frame(hello));
      frame.rsv = static_cast<std::uint8_t>(frame.rsv | bits);
      check_refused_inflating(wire(frame), errc::reserved_bits, close_code::protocol_error);
    }
  }

  TEST_CASE("RSV1 without an agreement") {
    check_refused(wire(compressed(text_frame(hello))), errc::reserved_bits,
                  close_code::protocol_error);
  }

  TEST_CASE("a compressed message may not begin within another") {
    CHECK(receive_inflating(
              wire(unfinished(compressed(text_frame(hello))), compressed(text_frame(hello)))) ==
          violation(errc::expected_continuation));
  }

  TEST_CASE("a frame of a compressed message is refused by its header") {
    for (const auto how : {delivery::messages, delivery::fragments}) {
      const message_limits limits{.max_message = 10, .max_frame = 200};
      const auto make = [=] { return message_assembler(limits, how, inflater(15, true)); };
      const std::string begun = wire(unfinished(compressed(text_frame(hello))));
      check_refused_by_header(header_of(compressed(text_frame("")), 201), errc::frame_too_big,
                              make);
      check_refused_by_header(begun + header_of(continuation_frame("", true), 201),
                              errc::frame_too_big, make);
      check_refused_by_header(begun + header_of(compressed(binary_frame("")), 5),
                              errc::expected_continuation, make);
      // What it will inflate to is not known yet.
      const std::string unknown = header_of(compressed(text_frame("")), 200);
      CHECK(receive_by(unknown, make) == "");
    }
  }
}
