#include <wsx/protocol/utf8.hpp>

#include <simdjson.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace wsx::protocol {

namespace {

using word = std::uint64_t;

// The size of a vector register, which the compiler may use for it.
struct lanes {
  word low, high;

  friend lanes operator|(lanes a, lanes b) noexcept { return {a.low | b.low, a.high | b.high}; }
  lanes& operator|=(lanes other) noexcept { return *this = *this | other; }
};

// Up to this size, looking for a high bit is faster than calling simdjson.
constexpr std::size_t short_size = 256;

template <class Block>
Block load(const std::byte* from) noexcept {
  Block loaded;
  std::memcpy(&loaded, from, sizeof loaded);
  return loaded;
}

// Returns four of them combined.
lanes load_four(const std::byte* from) noexcept {
  constexpr std::size_t step = sizeof(lanes);
  return (load<lanes>(from) | load<lanes>(from + step)) |
         (load<lanes>(from + 2 * step) | load<lanes>(from + 3 * step));
}

bool is_ascii(word seen) noexcept {
  return (seen & 0x8080808080808080) == 0;
}

bool is_ascii(lanes seen) noexcept {
  return is_ascii(seen.low | seen.high);
}

// The last block may overlap the previous one, so no bytes are left over.
bool is_short_ascii(bytes_view bytes) noexcept {
  const std::size_t size = bytes.size();
  const std::byte* const begin = bytes.data();
  const std::byte* const end = begin + size;
  if (size > short_size) return false;
  if (size < sizeof(word)) {
    word seen = 0;
    for (const std::byte byte : bytes) seen |= std::to_integer<word>(byte);
    return is_ascii(seen);
  }
  if (size < sizeof(lanes)) return is_ascii(load<word>(begin) | load<word>(end - sizeof(word)));
  if (size <= 4 * sizeof(lanes)) {
    lanes seen = load<lanes>(begin) | load<lanes>(end - sizeof(lanes));
    for (std::size_t at = sizeof(lanes); at + sizeof(lanes) < size; at += sizeof(lanes))
      seen |= load<lanes>(begin + at);
    return is_ascii(seen);
  }
  lanes seen = load_four(end - 4 * sizeof(lanes));
  for (std::size_t at = 0; at + 4 * sizeof(lanes) < size; at += 4 * sizeof(lanes))
    seen |= load_four(begin + at);
  return is_ascii(seen);
}

bool is_continuation(std::byte byte) noexcept {
  return (byte & std::byte{0xc0}) == std::byte{0x80};
}

/// Returns the size of the character that `first` begins, according to its high bits.
std::size_t character_size(std::byte first) noexcept {
  if (first >= std::byte{0xf0}) return 4;
  if (first >= std::byte{0xe0}) return 3;
  return first >= std::byte{0xc0} ? 2 : 1;
}

/// Returns how many bytes at the end belong to a character that continues after it: 0 to 3.
std::size_t unfinished_tail(bytes_view bytes) noexcept {
  const std::size_t longest = std::min<std::size_t>(bytes.size(), 3);
  for (std::size_t tail = 1; tail <= longest; ++tail) {
    const std::byte byte = bytes[bytes.size() - tail];
    if (!is_continuation(byte)) return character_size(byte) > tail ? tail : 0;
  }
  return 0;
}

}  // namespace

bool is_utf8(bytes_view bytes) noexcept {
  if (is_short_ascii(bytes)) return true;
  return simdjson::validate_utf8(as_chars(bytes).data(), bytes.size());
}

// A character that spans pieces is checked byte by byte, which finds the first wrong byte.
// Characters that are complete in one piece go to simdjson at once, since any wrong byte refuses
// the piece.
bool utf8_validator::feed(bytes_view piece) noexcept {
  if (failed()) return false;
  while (missing_ != 0 && !piece.empty()) {
    if (!step(static_cast<std::uint8_t>(piece.front()))) return false;
    piece = piece.subspan(1);
  }
  const std::size_t whole = piece.size() - unfinished_tail(piece);
  if (!is_utf8(piece.first(whole))) return fail();
  for (const std::byte byte : piece.subspan(whole)) {
    if (!step(static_cast<std::uint8_t>(byte))) return false;
  }
  return true;
}

bool utf8_validator::step(std::uint8_t byte) noexcept {
  if (missing_ == 0) return begin_character(byte);
  if (byte < low_ || byte > high_) return fail();
  return expect(static_cast<std::uint8_t>(missing_ - 1), 0x80, 0xbf);
}

// Unicode table 3-7, well-formed UTF-8 byte sequences: the first byte determines how many follow
// and the range of the second; the third and fourth are always 80..BF.
bool utf8_validator::begin_character(std::uint8_t byte) noexcept {
  if (byte <= 0x7f) return true;
  if (byte < 0xc2) return fail();                  // a continuation byte, or overlong
  if (byte <= 0xdf) return expect(1, 0x80, 0xbf);  // U+0080 .. U+07FF
  if (byte == 0xe0) return expect(2, 0xa0, 0xbf);  // U+0800 .. U+0FFF, none overlong
  if (byte == 0xed) return expect(2, 0x80, 0x9f);  // U+D000 .. U+D7FF, no surrogates
  if (byte <= 0xef) return expect(2, 0x80, 0xbf);  // the rest up to U+FFFF
  if (byte == 0xf0) return expect(3, 0x90, 0xbf);  // U+10000 .. U+3FFFF, none overlong
  if (byte <= 0xf3) return expect(3, 0x80, 0xbf);  // U+40000 .. U+FFFFF
  if (byte == 0xf4) return expect(3, 0x80, 0x8f);  // U+100000 .. U+10FFFF, the last
  return fail();
}

bool utf8_validator::expect(std::uint8_t missing, std::uint8_t low, std::uint8_t high) noexcept {
  missing_ = missing;
  low_ = low;
  high_ = high;
  return true;
}

bool utf8_validator::fail() noexcept {
  expect(1, 0xff, 0x00);
  return false;
}

}  // namespace wsx::protocol
