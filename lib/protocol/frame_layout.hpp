#pragma once

#include "mask_blocks.hpp"

#include <wsx/bytes.hpp>
#include <wsx/protocol/frame_encoder.hpp>
#include <wsx/protocol/mask.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

// The layout of a client's frame, with inline functions: for the queue, which every frame passes,
// and for `frame_encoder.hpp`.

namespace wsx::protocol::layout {

// RFC 6455 5.2: the bits of the first two bytes, and the values of the 7-bit length that announce a
// longer one.
inline constexpr unsigned fin_bit = 0x80;
inline constexpr unsigned rsv1_bit = 0x40;
inline constexpr unsigned opcode_bits = 0x0f;
inline constexpr unsigned mask_bit = 0x80;
inline constexpr unsigned length_bits = 0x7f;
inline constexpr unsigned length_in_2_bytes = 126;
inline constexpr unsigned length_in_8_bytes = 127;

template <std::size_t Size>
void write_big_endian(std::byte* target, std::uint64_t value) noexcept {
  for (std::size_t i = 0; i < Size; ++i) {
    target[i] = static_cast<std::byte>(value >> (8 * (Size - 1 - i)));
  }
}

template <std::size_t Size>
std::uint64_t read_big_endian(const std::byte* source) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < Size; ++i) value = value << 8 | static_cast<std::uint64_t>(source[i]);
  return value;
}

inline std::byte first_byte(const frame_head& head) noexcept {
  return static_cast<std::byte>((head.fin ? fin_bit : 0) | (head.rsv1 ? rsv1_bit : 0) |
                                static_cast<unsigned>(head.op));
}

// Writes a length over 125 in its shortest form, with the mask bit; returns the size of that form.
inline std::size_t write_length(std::byte* target, std::uint64_t length) noexcept {
  if (length <= 0xffff) {
    target[0] = static_cast<std::byte>(mask_bit | length_in_2_bytes);
    write_big_endian<2>(target + 1, length);
    return 3;
  }
  target[0] = static_cast<std::byte>(mask_bit | length_in_8_bytes);
  write_big_endian<8>(target + 1, length);
  return 9;
}

inline std::uint64_t read_length(const std::byte* source) noexcept {
  const auto length = static_cast<unsigned>(source[0]) & length_bits;
  if (length == length_in_2_bytes) return read_big_endian<2>(source + 1);
  if (length == length_in_8_bytes) return read_big_endian<8>(source + 1);
  return length;
}

[[gnu::always_inline]] inline std::size_t put_header(std::byte* target, const frame_head& head,
                                                     mask_key key) noexcept {
  target[0] = first_byte(head);
  if (head.length < length_in_2_bytes) {  // the most frequent case, which is worth a branch
    target[1] = static_cast<std::byte>(mask_bit | head.length);
    std::memcpy(target + 2, key.data(), key.size());
    return 2 + key.size();
  }
  const std::size_t key_at = 1 + write_length(target + 1, head.length);
  std::memcpy(target + key_at, key.data(), key.size());
  return key_at + key.size();
}

// From this size on the cost of a call is negligible.
inline constexpr std::size_t worth_a_call = 512;

// Returns the frame's size.
[[gnu::always_inline]] inline std::size_t put_short_frame(std::byte* target, frame_head head,
                                                          bytes_view payload,
                                                          mask_key key) noexcept {
  head.length = payload.size();
  const std::size_t header = put_header(target, head, key);
  masking::mask_any(target + header, payload.data(), payload.size(), masking::repeated(key));
  return header + payload.size();
}

inline std::size_t size_at(const std::byte* frame) noexcept {
  const auto length = static_cast<unsigned>(frame[1]) & length_bits;
  if (length < length_in_2_bytes)
    return header_size(0) + length;  // the most frequent case, as above
  return static_cast<std::size_t>(frame_size(read_length(frame + 1)));
}

}  // namespace wsx::protocol::layout
