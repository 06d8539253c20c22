#pragma once

#include <wsx/bytes.hpp>
#include <wsx/protocol/mask.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

// Masking with instructions that every processor has, inline: a call would add considerably to the
// cost of a short frame. RFC 6455 5.3: byte i of the payload is XORed with byte i mod 4 of the key.
//
// A mask is the key twice in a row, starting at the first byte. `to` may be `from`.

namespace wsx::protocol::masking {

using word = std::uint64_t;

// Returns the mask for a byte that is `offset` bytes further.
inline word turned(word mask, std::uint64_t offset) noexcept {
  const int turn = static_cast<int>(offset % 4) * 8;
  return std::endian::native == std::endian::little ? std::rotr(mask, turn) : std::rotl(mask, turn);
}

// Returns the key twice in a row.
inline word repeated(mask_key key) noexcept {
  const word half = std::bit_cast<std::uint32_t>(key);
  return half << 32 | half;
}

// A number of whole words, which the compiler keeps in vector registers.
template <int Words>
struct block {
  block<Words / 2> first, second;

  static block masked(const std::byte* from, word mask) noexcept {
    return {block<Words / 2>::masked(from, mask),
            block<Words / 2>::masked(from + sizeof(block) / 2, mask)};
  }
  void store(std::byte* to) const noexcept {
    first.store(to);
    second.store(to + sizeof(block) / 2);
  }
};

template <>
struct block<1> {
  word value;

  static block masked(const std::byte* from, word mask) noexcept {
    word loaded;
    std::memcpy(&loaded, from, sizeof loaded);
    return {loaded ^ mask};
  }
  void store(std::byte* to) const noexcept { std::memcpy(to, &value, sizeof value); }
};

// Masks the beginning and the end of a range, which may overlap: both are loaded before one is
// stored.
template <class Block>
[[gnu::always_inline]] inline void mask_ends(std::byte* to, const std::byte* from, std::size_t size,
                                             word mask) noexcept {
  const std::size_t end = size - sizeof(Block);
  const auto last = Block::masked(from + end, turned(mask, end));
  Block::masked(from, mask).store(to);
  last.store(to + end);
}

// Masks less than a word.
inline void mask_bytes(std::byte* to, const std::byte* from, std::size_t size, word mask) noexcept {
  const auto key = std::bit_cast<std::array<std::byte, sizeof(word)>>(mask);
  for (std::size_t i = 0; i < size; ++i) to[i] = from[i] ^ key[i];
}

// The last block may overlap the previous one.
template <class Block>
[[gnu::always_inline]] inline void mask_many(std::byte* to, const std::byte* from, std::size_t size,
                                             word mask) noexcept {
  const std::size_t end = size - sizeof(Block);
  const auto last = Block::masked(from + end, turned(mask, end));
  for (std::size_t at = 0; at < end; at += sizeof(Block))
    Block::masked(from + at, mask).store(to + at);
  last.store(to + end);
}

[[gnu::always_inline]] inline void mask_any(std::byte* to, const std::byte* from, std::size_t size,
                                            word mask) noexcept {
  if (size > 2 * sizeof(block<8>)) return mask_many<block<8>>(to, from, size, mask);
  if (size >= sizeof(block<8>)) return mask_ends<block<8>>(to, from, size, mask);
  if (size >= sizeof(block<4>)) return mask_ends<block<4>>(to, from, size, mask);
  if (size >= sizeof(block<2>)) return mask_ends<block<2>>(to, from, size, mask);
  if (size >= sizeof(block<1>)) return mask_ends<block<1>>(to, from, size, mask);
  mask_bytes(to, from, size, mask);
}

}  // namespace wsx::protocol::masking
