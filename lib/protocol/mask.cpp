#include "mask_blocks.hpp"

#include <wsx/protocol/mask.hpp>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define WSX_HAS_AVX2_CODE 1
#endif

namespace wsx::protocol {

using masking::turned;
using masking::word;

#if defined(WSX_HAS_AVX2_CODE)

namespace {

const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;

// From this size on the wider registers are worth a call.
constexpr std::size_t worth_avx2 = 512;

// Masks everything up to the last large step after the first aligned position, and returns its
// size. Stores that cross a cache line would cost as much as the wider ones save.
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

}  // namespace

#endif

void mask_copy(std::byte* target, bytes_view source, mask_key key, std::uint64_t offset) noexcept {
  const std::byte* from = source.data();
  std::size_t left = source.size();
  word mask = turned(masking::repeated(key), offset);
#if defined(WSX_HAS_AVX2_CODE)
  if (left >= worth_avx2 && has_avx2) {
    const std::size_t done = mask_avx2(target, from, left, mask);
    mask = turned(mask, done);
    target += done;
    from += done;
    left -= done;
  }
#endif
  masking::mask_any(target, from, left, mask);
}

}  // namespace wsx::protocol
