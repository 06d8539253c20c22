#include "support.hpp"

#include <wsx/protocol/frame_parser.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace protocol_test;

namespace {

struct parsed_frame {
  opcode op{};
  bool fin = false;
  std::uint64_t length = 0;
  std::string payload{};

  bool operator==(const parsed_frame&) const = default;
};

/// Puts the pieces of frames together again, and checks that each says about its frame what the
/// others do.
class collector {
 public:
  std::vector<parsed_frame> frames{};
  parse_status last_status = parse_status::need_input;

  void feed(frame_parser& parser, std::string_view chunk) {
    const exact_copy copy(chunk);
    parser.feed(copy.view());
    frame_piece piece;
    while ((last_status = parser.next(piece)) == parse_status::piece) take(piece);
    if (last_status == parse_status::need_input) CHECK(parser.rest().empty());
  }

 private:
  void take(const frame_piece& piece) {
    CHECK(piece.first == !in_frame_);
    if (piece.first) frames.push_back({piece.op, piece.fin, piece.frame_length, {}});
    parsed_frame& frame = frames.back();
    frame.payload += wsx::as_chars(piece.payload);
    CHECK(piece.op == frame.op);
    CHECK(piece.fin == frame.fin);
    CHECK(piece.frame_length == frame.length);
    CHECK(piece.last == (frame.payload.size() == frame.length));
    in_frame_ = !piece.last;
  }

  bool in_frame_ = false;
};

std::vector<parsed_frame> parse(const chunks& input) {
  frame_parser parser;
  collector collected;
  for (const auto chunk : input) collected.feed(parser, chunk);
  CHECK(collected.last_status == parse_status::need_input);
  return collected.frames;
}

/// The error that a parser ends with, the same however the bytes are cut.
std::error_code refusal(std::string_view bytes) {
  const auto error_of = [](const chunks& input) {
    frame_parser parser;
    collector collected;
    for (const auto chunk : input) collected.feed(parser, chunk);
    CHECK((collected.last_status == parse_status::error) == static_cast<bool>(parser.error()));
    return parser.error();
  };
  const auto whole = error_of({bytes});
  CHECK(error_of(cut_bytewise(bytes)) == whole);
  for (std::size_t i = 1; i < bytes.size(); ++i) {
    CHECK(error_of({bytes.substr(0, i), bytes.substr(i)}) == whole);
  }
  return whole;
}

}  // namespace

TEST_SUITE("protocol/frame_parser") {
  TEST_CASE("frames come with their headers, wherever the input is cut") {
    const std::string bytes = wire(text_frame("hello"), unfinished(binary_frame("")), ping_frame(),
                                   continuation_frame(std::string(200, 'c'), true), close_frame());
    const std::vector<parsed_frame> expected{
        {opcode::text, true, 5, "hello"},
        {opcode::binary, false, 0, ""},
        {opcode::ping, true, 0, ""},
        {opcode::continuation, true, 200, std::string(200, 'c')},
        {opcode::close, true, 0, ""}};
    CHECK(parse({bytes}) == expected);
    CHECK(parse(cut_bytewise(bytes)) == expected);
    for (std::size_t i = 0; i <= bytes.size(); ++i) {
      CAPTURE(i);
      const std::string_view all = bytes;
      CHECK(parse({all.substr(0, i), all.substr(i)}) == expected);
    }
  }

  TEST_CASE("every form of the length, at its bounds") {
    for (const std::size_t size : {0u, 1u, 125u, 126u, 127u, 65535u, 65536u, 300000u}) {
      CAPTURE(size);
      const std::string payload(size, 'x');
      const std::string bytes = wire(binary_frame(payload), text_frame("next"));
      const std::vector<parsed_frame> expected{{opcode::binary, true, size, payload},
                                               {opcode::text, true, 4, "next"}};
      CHECK(parse({bytes}) == expected);
      std::mt19937 random(7);
      CHECK(parse(cut_at_random(bytes, random)) == expected);
    }
  }

  TEST_CASE("a whole frame is one piece, a view of the input") {
    const std::string payload(100'000, 'p');
    const std::string bytes = wire(binary_frame(payload));
    frame_parser parser;
    parser.feed(wsx::as_bytes(bytes));
    frame_piece piece;
    REQUIRE(parser.next(piece) == parse_status::piece);
    CHECK(piece.first);
    CHECK(piece.last);
    CHECK(piece.payload.data() == wsx::as_bytes(bytes).data() + 10);
    CHECK(piece.payload.size() == payload.size());
    CHECK(parser.next(piece) == parse_status::need_input);
  }

  TEST_CASE("a message that lies whole in the input can be taken at once") {
    for (const std::size_t size : {0u, 1u, 125u, 126u, 65535u}) {
      CAPTURE(size);
      const std::string bytes = wire(binary_frame(std::string(size, 'x')), text_frame("next"));
      frame_parser parser;
      parser.feed(wsx::as_bytes(bytes));
      opcode op{};
      wsx::bytes_view payload;
      CHECK_FALSE((size > 0 && parser.take_message(op, payload, size - 1)));
      REQUIRE(parser.take_message(op, payload, size));
      CHECK(op == opcode::binary);
      CHECK(payload.data() + size == wsx::as_bytes(bytes).data() + bytes.size() - 6);
      CHECK(payload.size() == size);
      REQUIRE(parser.take_message(op, payload, 4));
      CHECK(op == opcode::text);
      CHECK(wsx::as_chars(payload) == "next");
      CHECK_FALSE(parser.take_message(op, payload, 4));
    }
  }

  TEST_CASE("nothing else is taken for such a message") {
    const auto taken = [](std::string_view bytes) {
      frame_parser parser(true);
      parser.feed(wsx::as_bytes(bytes));
      opcode op{};
      wsx::bytes_view payload;
      const bool is_message = parser.take_message(op, payload, 1'000'000);
      CHECK(parser.rest().size() == (is_message ? 0 : bytes.size()));
      return is_message;
    };
    REQUIRE(taken(wire(text_frame("x"))));
    auto compressed = text_frame("x");
    compressed.rsv = rsv1;
    auto masked = text_frame("x");
    masked.mask = wsx::testing::mask_key{1, 2, 3, 4};
    auto padded = text_frame("x");
    padded.form = length_form::bits_16;
    for (const auto& frame :
         {compressed, masked, padded, unfinished(text_frame("x")), continuation_frame("x", true),
          ping_frame("x"), close_frame(1000), binary_frame(std::string(65536, 'x'))}) {
      CHECK_FALSE(taken(wire(frame)));
    }
    const std::string whole = wire(binary_frame(std::string(126, 'x')));
    for (std::size_t i = 0; i < whole.size(); ++i) CHECK_FALSE(taken(whole.substr(0, i)));

    frame_parser parser;
    collector collected;
    collected.feed(parser, std::string_view(whole).substr(0, 10));
    const std::string within = wire(text_frame("not a frame"));
    parser.feed(wsx::as_bytes(within));
    opcode op{};
    wsx::bytes_view payload;
    CHECK_FALSE(parser.take_message(op, payload, 1'000'000));
  }

  TEST_CASE("a piece ends with the input; the next goes on") {
    const std::string bytes = wire(binary_frame("abcdef"));
    frame_parser parser;
    frame_piece piece;
    parser.feed(wsx::as_bytes(std::string_view(bytes).substr(0, 5)));
    REQUIRE(parser.next(piece) == parse_status::piece);
    CHECK(wsx::as_chars(piece.payload) == "abc");
    CHECK(piece.first);
    CHECK_FALSE(piece.last);
    CHECK(parser.next(piece) == parse_status::need_input);
    parser.feed(wsx::as_bytes(std::string_view(bytes).substr(5)));
    REQUIRE(parser.next(piece) == parse_status::piece);
    CHECK(wsx::as_chars(piece.payload) == "def");
    CHECK_FALSE(piece.first);
    CHECK(piece.last);
  }

  TEST_CASE("a header is told before any of its payload has come") {
    for (const std::size_t size : {1u, 125u, 126u, 65'535u, 65'536u}) {
      CAPTURE(size);
      const std::string bytes = header_of(unfinished(text_frame("")), size);
      frame_parser parser;
      frame_piece piece;
      parser.feed(wsx::as_bytes(bytes).first(bytes.size() - 1));
      CHECK(parser.next(piece) == parse_status::need_input);
      parser.feed(wsx::as_bytes(bytes).last(1));
      REQUIRE(parser.next(piece) == parse_status::piece);
      CHECK(piece.op == opcode::text);
      CHECK_FALSE(piece.fin);
      CHECK_FALSE(piece.rsv1);
      CHECK(piece.frame_length == size);
      CHECK(piece.payload.empty());
      CHECK(piece.first);
      CHECK_FALSE(piece.last);
      CHECK(parser.payload_left() == size);
      CHECK(parser.next(piece) == parse_status::need_input);
      parser.feed(wsx::as_bytes(std::string_view("x")));
      REQUIRE(parser.next(piece) == parse_status::piece);
      CHECK_FALSE(piece.first);
      CHECK(piece.last == (size == 1));
    }
  }

  TEST_CASE("a header alone says whether its message is compressed") {
    auto frame = binary_frame("");
    frame.rsv = rsv1;
    const std::string bytes = header_of(frame, 3);
    frame_parser parser(true);
    frame_piece piece;
    parser.feed(wsx::as_bytes(bytes));
    REQUIRE(parser.next(piece) == parse_status::piece);
    CHECK(piece.op == opcode::binary);
    CHECK(piece.fin);
    CHECK(piece.rsv1);
  }

  TEST_CASE("the rest is the input not yet taken") {
    const std::string bytes = wire(text_frame("one"), text_frame("two"));
    frame_parser parser;
    frame_piece piece;
    parser.feed(wsx::as_bytes(bytes));
    CHECK(parser.rest().size() == 10);
    REQUIRE(parser.next(piece) == parse_status::piece);
    CHECK(parser.rest().size() == 5);
    CHECK(parser.rest().data() == wsx::as_bytes(bytes).data() + 5);
    REQUIRE(parser.next(piece) == parse_status::piece);
    CHECK(parser.rest().empty());
  }

  TEST_CASE("an empty input changes nothing") {
    frame_parser parser;
    frame_piece piece;
    parser.feed({});
    CHECK(parser.next(piece) == parse_status::need_input);
    CHECK(parse({"\x81", "", "\x01", "", "a", ""}) ==
          std::vector<parsed_frame>{{opcode::text, true, 1, "a"}});
  }

  TEST_CASE("each form of a bad header has its error") {
    for (const std::uint8_t rsv : {rsv1, rsv2, rsv3}) {
      auto frame = text_frame("x");
      frame.rsv = rsv;
      CHECK(refusal(wire(frame)) == errc::reserved_bits);
    }
    for (const int op : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
      CAPTURE(op);
      server_frame frame{.opcode = static_cast<std::uint8_t>(op), .payload = "x"};
      CHECK(refusal(wire(frame)) == errc::reserved_opcode);
    }
    auto masked = text_frame("x");
    masked.mask = wsx::testing::mask_key{1, 2, 3, 4};
    CHECK(refusal(wire(masked)) == errc::masked_frame);
    CHECK(refusal(wire(unfinished(ping_frame("x")))) == errc::fragmented_control);
    CHECK(refusal(wire(ping_frame(std::string(126, 'x')))) == errc::control_too_long);
    auto padded = text_frame("x");
    padded.form = length_form::bits_16;
    CHECK(refusal(wire(padded)) == errc::invalid_length);
  }

  TEST_CASE("of several things wrong in one header the same one is told, however it is cut") {
    server_frame frame{.opcode = 0xb, .payload = std::string(126, 'x'), .fin = false, .rsv = rsv1};
    frame.mask = wsx::testing::mask_key{1, 2, 3, 4};
    CHECK(refusal(wire(frame)) == errc::reserved_bits);
    frame.rsv = 0;
    CHECK(refusal(wire(frame)) == errc::reserved_opcode);
    frame.opcode = opcodes::pong;
    CHECK(refusal(wire(frame)) == errc::masked_frame);
    frame.mask.reset();
    CHECK(refusal(wire(frame)) == errc::fragmented_control);
    frame.fin = true;
    CHECK(refusal(wire(frame)) == errc::control_too_long);
  }

  TEST_CASE("the first byte is judged before there is a second") {
    CHECK(refusal("\xc1") == errc::reserved_bits);
    CHECK(refusal("\x83") == errc::reserved_opcode);
    CHECK_FALSE(refusal("\x81"));
  }

  TEST_CASE("frames before a bad one are given out; after it nothing is") {
    const std::string bytes = wire(text_frame("good")) + "\x83" + wire(text_frame("never"));
    frame_parser parser;
    collector collected;
    collected.feed(parser, bytes);
    CHECK(collected.frames == std::vector<parsed_frame>{{opcode::text, true, 4, "good"}});
    CHECK(parser.error() == errc::reserved_opcode);
    collected.feed(parser, wire(text_frame("never")));
    CHECK(collected.frames.size() == 1);
    CHECK(collected.last_status == parse_status::error);
    CHECK(parser.error() == errc::reserved_opcode);
  }

  TEST_CASE("a parser may be moved, also within a frame") {
    const std::string_view bytes =
        "\x82\x04"
        "abcd";
    frame_parser first;
    collector collected;
    collected.feed(first, bytes.substr(0, 3));
    frame_parser second = std::move(first);
    collected.feed(second, bytes.substr(3, 1));
    frame_parser third;
    third = std::move(second);
    collected.feed(third, bytes.substr(4));
    CHECK(collected.frames == std::vector<parsed_frame>{{opcode::binary, true, 4, "abcd"}});
  }
}
