#include <wsx/testing/client_frame.hpp>
#include <wsx/testing/script_error.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>

using namespace std::string_literals;
using namespace wsx::testing;

namespace {

const mask_key key{0x37, 0xFA, 0x21, 0x3D};

std::string masked(server_frame frame) {
  frame.mask = key;
  return encode_server_frame(frame);
}

// Decodes from memory that ends where the bytes end, so that the address sanitizer sees a read
// beyond them.
std::optional<client_frame> decode(const std::string& bytes) {
  const auto exact = std::make_unique<char[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), exact.get());
  std::string_view view{exact.get(), bytes.size()};
  return decode_client_frame(view);
}

std::string refusal(const std::string& bytes) {
  try {
    decode(bytes);
  } catch (const script_error& error) {
    return error.what();
  }
  return "not refused";
}

}  // namespace

TEST_SUITE("testing/client_frame") {
  TEST_CASE("the masked example of RFC 6455 5.7, its key kept") {
    const auto frame = decode("\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58");
    REQUIRE(frame);
    CHECK(frame->opcode == opcodes::text);
    CHECK(frame->payload == "Hello");
    CHECK(frame->fin);
    CHECK(frame->rsv == 0);
    CHECK(frame->mask == key);
  }

  TEST_CASE("a round trip at each length form, one frame at a time") {
    for (const auto size : std::initializer_list<std::size_t>{0, 1, 125, 126, 65535, 65536}) {
      CAPTURE(size);
      const auto bytes = masked(binary_frame(std::string(size, 'x'))) + "next";
      std::string_view view = bytes;
      const auto frame = decode_client_frame(view);
      REQUIRE(frame);
      CHECK(frame->opcode == opcodes::binary);
      CHECK(frame->payload == std::string(size, 'x'));
      CHECK(view == "next");
    }
  }

  TEST_CASE("FIN and RSV1 are passed on") {
    const auto frame = decode(masked({.payload = "a", .fin = false, .rsv = rsv1}));
    REQUIRE(frame);
    CHECK_FALSE(frame->fin);
    CHECK(frame->rsv == rsv1);
  }

  TEST_CASE("a frame that is not whole is left alone, wherever it is cut") {
    for (const auto size : std::initializer_list<std::size_t>{3, 126, 65536}) {
      const auto bytes = masked(binary_frame(std::string(size, 'x')));
      for (std::size_t cut = 0; cut < bytes.size(); cut += cut < 20 ? 1 : 1000) {
        CAPTURE(cut);
        CHECK_FALSE(decode(bytes.substr(0, cut)));
      }
    }
  }

  TEST_CASE("what no client may send is refused") {
    CHECK(refusal(encode_server_frame(text_frame("Hello"))).find("not masked") !=
          std::string::npos);
    CHECK(refusal(masked({.opcode = 3})) == "the client sent the reserved opcode 3");
    CHECK(refusal(masked({.opcode = 7})) == "the client sent the reserved opcode 7");
    CHECK(refusal(masked({.opcode = 11})) == "the client sent the reserved opcode 11");
    CHECK(refusal(masked({.rsv = rsv2})) == "the client set RSV2 or RSV3");
    CHECK(refusal(masked({.rsv = rsv3})) == "the client set RSV2 or RSV3");
    CHECK(refusal(masked({.opcode = opcodes::ping, .fin = false})) ==
          "the client fragmented a control frame");
    CHECK(refusal(masked(ping_frame(std::string(126, 'x')))) ==
          "the client sent a control frame of more than 125 bytes");
    CHECK(refusal(masked({.payload = std::string(125, 'x'), .form = length_form::bits_16})) ==
          "the client wrote the length 125 in a longer form than it needs");
    CHECK(refusal(masked({.payload = std::string(65535, 'x'), .form = length_form::bits_64})) ==
          "the client wrote the length 65535 in a longer form than it needs");
    CHECK(refusal(masked({.declared_length = std::uint64_t{1} << 63})) ==
          "the client declared a payload of 9223372036854775808 bytes");
  }

  TEST_CASE("frames in words") {
    CHECK(describe({.payload = "hi\n\"\x80"}) == "text \"hi\\x0a\"\\x80\"");
    CHECK(describe({.opcode = opcodes::close}) == "close without a code");
    CHECK(describe({.opcode = opcodes::close, .payload = "\x03"}) ==
          "close with half a code: \"\\x03\"");
    CHECK(describe({.opcode = opcodes::close, .payload = "\x03\xE8gone"}) == "close 1000 \"gone\"");
    CHECK(describe({.opcode = opcodes::binary, .payload = std::string(61, 'x')}) ==
          "binary \"" + std::string(60, 'x') + "\"... (61 bytes)");
    CHECK(describe({.opcode = opcodes::continuation, .fin = false, .rsv = rsv1}) ==
          "continuation \"\" without FIN with RSV bits 4");
  }
}
