#include <wsx/protocol/frame_encoder.hpp>

#include <algorithm>
#include <cstring>

namespace wsx::protocol {

namespace {

// RFC 6455 5.2: the bits of the first two bytes, and the values of the 7-bit length that announce
// a longer one.
constexpr unsigned fin_bit = 0x80;
constexpr unsigned rsv1_bit = 0x40;
constexpr unsigned opcode_bits = 0x0f;
constexpr unsigned mask_bit = 0x80;
constexpr unsigned length_bits = 0x7f;
constexpr unsigned length_in_2_bytes = 126;
constexpr unsigned length_in_8_bytes = 127;

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

std::byte first_byte(const frame_head& head) noexcept {
  return static_cast<std::byte>((head.fin ? fin_bit : 0) | (head.rsv1 ? rsv1_bit : 0) |
                                static_cast<unsigned>(head.op));
}

/// Writes a length of more than 125 in its shortest form, with the mask bit; returns the size of
/// that form.
std::size_t write_length(std::byte* target, std::uint64_t length) noexcept {
  if (length <= 0xffff) {
    target[0] = static_cast<std::byte>(mask_bit | length_in_2_bytes);
    write_big_endian<2>(target + 1, length);
    return 3;
  }
  target[0] = static_cast<std::byte>(mask_bit | length_in_8_bytes);
  write_big_endian<8>(target + 1, length);
  return 9;
}

std::uint64_t read_length(const std::byte* source) noexcept {
  const auto length = static_cast<unsigned>(source[0]) & length_bits;
  if (length == length_in_2_bytes) return read_big_endian<2>(source + 1);
  if (length == length_in_8_bytes) return read_big_endian<8>(source + 1);
  return length;
}

inline std::size_t put_header(std::byte* target, const frame_head& head, mask_key key) noexcept {
  target[0] = first_byte(head);
  if (head.length < length_in_2_bytes) {  // most are: this is worth the line
    target[1] = static_cast<std::byte>(mask_bit | head.length);
    std::memcpy(target + 2, key.data(), key.size());
    return 2 + key.size();
  }
  const std::size_t key_at = 1 + write_length(target + 1, head.length);
  std::memcpy(target + key_at, key.data(), key.size());
  return key_at + key.size();
}

}  // namespace

std::size_t write_header(std::byte* target, const frame_head& head, mask_key key) noexcept {
  return put_header(target, head, key);
}

std::size_t read_header(const std::byte* source, frame_head& head) noexcept {
  const auto first = static_cast<unsigned>(source[0]);
  head.op = static_cast<opcode>(first & opcode_bits);
  head.fin = (first & fin_bit) != 0;
  head.rsv1 = (first & rsv1_bit) != 0;
  head.length = read_length(source + 1);
  return header_size(head.length);
}

std::size_t encode_frame(std::byte* target, frame_head head, bytes_view payload,
                         mask_key key) noexcept {
  head.length = payload.size();
  const std::size_t header = put_header(target, head, key);
  mask_copy(target + header, payload, key);
  return header + payload.size();
}

std::size_t encoded_size(const std::byte* frame) noexcept {
  const auto length = read_length(frame + 1);
  return static_cast<std::size_t>(frame_size(length));
}

void change_key(std::byte* frame, mask_key fresh) noexcept {
  frame_head head;
  const std::size_t header = read_header(frame, head);
  std::byte* const key = frame + header - fresh.size();
  mask_key change;
  for (std::size_t i = 0; i < change.size(); ++i) change[i] = key[i] ^ fresh[i];
  std::byte* const payload = frame + header;
  mask_copy(payload, {payload, static_cast<std::size_t>(head.length)}, change);
  std::ranges::copy(fresh, key);
}

}  // namespace wsx::protocol
