#include <wsx/protocol/mask.hpp>

#include <bit>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define WSX_HAS_AVX2_CODE 1
#endif

namespace wsx::protocol {

namespace {

using word = std::uint64_t;
using half_word = std::uint32_t;

// The same key for a byte `offset` further on.
word turned(word mask, std::uint64_t offset) noexcept {
  const int turn = static_cast<int>(offset % 4) * 8;
  return std::endian::native == std::endian::little ? std::rotr(mask, turn) : std::rotl(mask, turn);
}

// The key twice in a row.
word repeated(mask_key key) noexcept {
  const word half = std::bit_cast<half_word>(key);
  return half << 32 | half;
}

template <class Word = word>
Word load(const std::byte* from) noexcept {
  Word loaded;
  std::memcpy(&loaded, from, sizeof loaded);
  return loaded;
}

template <class Word>
void store(std::byte* to, Word value) noexcept {
  std::memcpy(to, &value, sizeof value);
}

// Four words, which the compiler keeps in vector registers.
struct block {
  word first, second, third, fourth;
};

block load_masked(const std::byte* from, word mask) noexcept {
  return {load(from) ^ mask, load(from + 8) ^ mask, load(from + 16) ^ mask, load(from + 24) ^ mask};
}

void store(std::byte* to, const block& b) noexcept {
  store(to, b.first);
  store(to + 8, b.second);
  store(to + 16, b.third);
  store(to + 24, b.fourth);
}

// Each of these masks the beginning and the end of a range, which may overlap. All of it is loaded
// before any of it is stored: `to` may be `from`.

template <class Word>
void mask_ends(std::byte* to, const std::byte* from, std::size_t size, word mask) noexcept {
  const std::size_t end = size - sizeof(Word);
  const auto first = static_cast<Word>(load<Word>(from) ^ static_cast<Word>(mask));
  const auto last =
      static_cast<Word>(load<Word>(from + end) ^ static_cast<Word>(turned(mask, end)));
  store(to, first);
  store(to + end, last);
}

// Less than a block.
void mask_short(std::byte* to, const std::byte* from, std::size_t size, word mask) noexcept {
  if (size >= 2 * sizeof(word)) {
    const std::size_t end = size - 2 * sizeof(word);
    const word last = load(from + end) ^ turned(mask, end);
    const word very_last = load(from + end + sizeof(word)) ^ turned(mask, end);
    const word first = load(from) ^ mask;
    const word second = load(from + sizeof(word)) ^ mask;
    store(to, first);
    store(to + sizeof(word), second);
    store(to + end, last);
    store(to + end + sizeof(word), very_last);
  } else if (size >= sizeof(word)) {
    mask_ends<word>(to, from, size, mask);
  } else if (size >= sizeof(half_word)) {
    mask_ends<half_word>(to, from, size, mask);
  } else {
    const auto key = std::bit_cast<std::array<std::byte, sizeof(word)>>(mask);
    for (std::size_t i = 0; i < size; ++i) to[i] = from[i] ^ key[i];
  }
}

#if defined(WSX_HAS_AVX2_CODE)

const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;

// From here on the wider registers are worth the call.
constexpr std::size_t worth_avx2 = 512;

// Masks as much as goes in large steps behind the first aligned place, and what is before; returns
// how much that is. Stores that cross a cache line would cost as much as the wider ones save.
__attribute__((target("avx2"))) std::size_t mask_avx2(std::byte* to, const std::byte* from,
                                                      std::size_t size, word mask) noexcept {
  constexpr std::size_t width = sizeof(__m256i);
  const auto* const begin = reinterpret_cast<const __m256i*>(from);
  const __m256i first =
      _mm256_xor_si256(_mm256_loadu_si256(begin), _mm256_set1_epi64x(static_cast<long long>(mask)));
  std::size_t at = width - reinterpret_cast<std::uintptr_t>(to) % width;
  const __m256i key = _mm256_set1_epi64x(static_cast<long long>(turned(mask, at)));
  for (; at + 4 * width <= size; at += 4 * width) {
    const auto* const source = reinterpret_cast<const __m256i*>(from + at);
    auto* const target = reinterpret_cast<__m256i*>(to + at);
    const __m256i a = _mm256_loadu_si256(source);
    const __m256i b = _mm256_loadu_si256(source + 1);
    const __m256i c = _mm256_loadu_si256(source + 2);
    const __m256i d = _mm256_loadu_si256(source + 3);
    _mm256_store_si256(target, _mm256_xor_si256(a, key));
    _mm256_store_si256(target + 1, _mm256_xor_si256(b, key));
    _mm256_store_si256(target + 2, _mm256_xor_si256(c, key));
    _mm256_store_si256(target + 3, _mm256_xor_si256(d, key));
  }
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), first);
  return at;
}

#endif

}  // namespace

// RFC 6455 5.3: byte i of the payload is XORed with byte i mod 4 of the key.
void mask_copy(std::byte* target, bytes_view source, mask_key key, std::uint64_t offset) noexcept {
  const std::byte* from = source.data();
  std::size_t left = source.size();
  word mask = turned(repeated(key), offset);
#if defined(WSX_HAS_AVX2_CODE)
  if (left >= worth_avx2 && has_avx2) {
    const std::size_t done = mask_avx2(target, from, left, mask);
    mask = turned(mask, done);
    target += done;
    from += done;
    left -= done;
  }
#endif
  if (left < sizeof(block)) return mask_short(target, from, left, mask);
  // The last block may overlap the one before.
  const std::size_t end = left - sizeof(block);
  const block last = load_masked(from + end, turned(mask, end));
  for (std::size_t at = 0; at < end; at += sizeof(block)) {
    store(target + at, load_masked(from + at, mask));
  }
  store(target + end, last);
}

}  // namespace wsx::protocol
