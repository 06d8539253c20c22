#include <wsx/protocol/frame_encoder.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <vector>

using namespace wsx::protocol;
using wsx::opcode;

namespace {

constexpr mask_key key{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}};
constexpr std::byte untouched{0xee};

using octets = std::vector<unsigned>;

octets header_of(const frame_head& head) {
  std::array<std::byte, max_header_size + 1> target;
  target.fill(untouched);
  const std::size_t size = write_header(target.data(), head, key);
  CHECK(target[size] == untouched);
  octets written;
  for (std::size_t i = 0; i < size; ++i) written.push_back(std::to_integer<unsigned>(target[i]));
  return written;
}

std::vector<std::byte> some_bytes(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 13 + 5);
  return bytes;
}

/// The payload of a frame, decoded after the picture of RFC 6455 5.2.
std::vector<std::byte> decoded_payload(wsx::bytes_view frame) {
  const auto octet = [&](std::size_t at) { return std::to_integer<std::uint64_t>(frame[at]); };
  std::uint64_t length = octet(1) & 0x7f;
  std::size_t at = 2;
  const std::size_t length_octets = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (length_octets != 0) length = 0;
  for (const std::size_t end = at + length_octets; at < end; ++at)
    length = length * 256 + octet(at);
  const wsx::bytes_view frame_key = frame.subspan(at, 4);
  const wsx::bytes_view masked = frame.subspan(at + 4);
  REQUIRE(masked.size() == length);
  std::vector<std::byte> payload(masked.begin(), masked.end());
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] ^= frame_key[i % 4];
  return payload;
}

}  // namespace

TEST_SUITE("protocol/frame_encoder: RFC 6455 5.2") {
  TEST_CASE("the RFC's example: a masked text frame, Hello") {  // RFC 6455 5.7
    std::array<std::byte, 11> frame{};
    const std::size_t size =
        encode_frame(frame.data(), {.op = opcode::text}, wsx::as_bytes("Hello"), key);
    CHECK(size == 11);
    CHECK(wsx::as_chars(frame) == "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  }

  TEST_CASE("the length takes its shortest form, in network byte order") {
    CHECK(header_of({.length = 0}) == octets{0x82, 0x80, 0x37, 0xfa, 0x21, 0x3d});
    CHECK(header_of({.length = 125}) == octets{0x82, 0xfd, 0x37, 0xfa, 0x21, 0x3d});
    CHECK(header_of({.length = 126}) == octets{0x82, 0xfe, 0, 0x7e, 0x37, 0xfa, 0x21, 0x3d});
    CHECK(header_of({.length = 127}) == octets{0x82, 0xfe, 0, 0x7f, 0x37, 0xfa, 0x21, 0x3d});
    CHECK(header_of({.length = 0x1234}) == octets{0x82, 0xfe, 0x12, 0x34, 0x37, 0xfa, 0x21, 0x3d});
    CHECK(header_of({.length = 65535}) == octets{0x82, 0xfe, 0xff, 0xff, 0x37, 0xfa, 0x21, 0x3d});
    CHECK(header_of({.length = 65536}) ==
          octets{0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0x37, 0xfa, 0x21, 0x3d});
    CHECK(header_of({.length = std::uint64_t{1} << 32}) ==
          octets{0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0x37, 0xfa, 0x21, 0x3d});
    CHECK(header_of({.length = 0x7123456789abcdef}) == octets{0x82, 0xff, 0x71, 0x23, 0x45, 0x67,
                                                              0x89, 0xab, 0xcd, 0xef, 0x37, 0xfa,
                                                              0x21, 0x3d});
  }

  TEST_CASE("the first byte: FIN, RSV1 and the opcode") {
    const auto first = [](const frame_head& head) { return header_of(head).front(); };
    CHECK(first({.op = opcode::text, .fin = true}) == 0x81);
    CHECK(first({.op = opcode::text, .fin = false}) == 0x01);
    CHECK(first({.op = opcode::continuation, .fin = false}) == 0x00);
    CHECK(first({.op = opcode::continuation, .fin = true}) == 0x80);
    CHECK(first({.op = opcode::binary, .fin = true, .rsv1 = true}) == 0xc2);
    CHECK(first({.op = opcode::binary, .fin = false, .rsv1 = true}) == 0x42);
    CHECK(first({.op = opcode::close}) == 0x88);
    CHECK(first({.op = opcode::ping}) == 0x89);
    CHECK(first({.op = opcode::pong}) == 0x8a);
  }

  TEST_CASE("a header read back is the header written") {
    for (const opcode op : {opcode::continuation, opcode::text, opcode::binary, opcode::close,
                            opcode::ping, opcode::pong}) {
      for (const std::uint64_t length :
           {std::uint64_t{0}, std::uint64_t{125}, std::uint64_t{126}, std::uint64_t{65535},
            std::uint64_t{65536}, std::uint64_t{1} << 32, (std::uint64_t{1} << 63) - 1}) {
        for (const unsigned bits : {0u, 1u, 2u, 3u}) {
          const frame_head written{op, (bits & 1) != 0, (bits & 2) != 0, length};
          CAPTURE(length);
          std::array<std::byte, max_header_size> target{};
          const std::size_t size = write_header(target.data(), written, key);
          CHECK(size == header_size(length));
          frame_head read{opcode::pong, !written.fin, !written.rsv1, ~length};
          CHECK(read_header(target.data(), read) == size);
          CHECK(read == written);
        }
      }
    }
  }

  TEST_CASE("a whole frame decodes to its payload") {
    for (const std::size_t length : {0u, 1u, 125u, 126u, 127u, 65535u, 65536u, 100'001u}) {
      CAPTURE(length);
      const std::vector<std::byte> payload = some_bytes(length);
      std::vector<std::byte> target(frame_size(length) + 1, untouched);
      const std::size_t size = encode_frame(target.data(), {.op = opcode::binary}, payload, key);
      CHECK(size == frame_size(length));
      CHECK(target[size] == untouched);
      CHECK(decoded_payload(std::span(target).first(size)) == payload);
    }
  }

  TEST_CASE("encode_frame takes the length from the payload and keeps the rest of the head") {
    std::array<std::byte, 16> target{};
    const frame_head head{.op = opcode::text, .fin = false, .rsv1 = true, .length = 99};
    encode_frame(target.data(), head, wsx::as_bytes("abc"), key);
    frame_head read;
    read_header(target.data(), read);
    CHECK(read == frame_head{.op = opcode::text, .fin = false, .rsv1 = true, .length = 3});
  }

  TEST_CASE("header_size and frame_size at each boundary") {
    CHECK(header_size(125) == 6);
    CHECK(header_size(126) == 8);
    CHECK(header_size(65535) == 8);
    CHECK(header_size(65536) == 14);
    CHECK(header_size(std::numeric_limits<std::uint64_t>::max()) == max_header_size);
    CHECK(frame_size(0) == 6);
    CHECK(frame_size(65536) == 65550);
  }
}
