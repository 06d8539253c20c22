#include "../fork_count.hpp"

#include <wsx/protocol/mask.hpp>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <bit>
#include <cstring>
#include <system_error>
#include <utility>

namespace wsx::protocol {

namespace {

using word = std::uint64_t;
using half_word = std::uint32_t;

/// The key twice in a row, turned so that its first byte in memory is the one for `offset`.
word repeated(mask_key key, std::uint64_t offset) noexcept {
  const auto half = std::bit_cast<std::uint32_t>(key);
  const int turn = static_cast<int>(offset % 4) * 8;
  const word turned =
      std::endian::native == std::endian::little ? std::rotr(half, turn) : std::rotl(half, turn);
  return turned << 32 | turned;
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

constexpr std::size_t block = 4 * sizeof(word);

/// Masks a block. All of it is loaded before any of it is stored: so the compiler may use vector
/// registers although `to` may be `from`.
void mask_block(std::byte* to, const std::byte* from, word mask) noexcept {
  const word first = load(from);
  const word second = load(from + 8);
  const word third = load(from + 16);
  const word fourth = load(from + 24);
  store(to, first ^ mask);
  store(to + 8, second ^ mask);
  store(to + 16, third ^ mask);
  store(to + 24, fourth ^ mask);
}

}  // namespace

// RFC 6455 5.3: byte i of the payload is XORed with byte i mod 4 of the key. Every step but the
// last takes a multiple of 4 bytes, so the same turn of the key serves all of them.
void mask_copy(std::byte* target, bytes_view source, mask_key key, std::uint64_t offset) noexcept {
  const word mask = repeated(key, offset);
  const std::byte* from = source.data();
  std::size_t left = source.size();
  for (; left >= block; left -= block, from += block, target += block) {
    mask_block(target, from, mask);
  }
  if (left >= block / 2) {
    store(target, load(from) ^ mask);
    store(target + sizeof(word), load(from + sizeof(word)) ^ mask);
    from += block / 2;
    target += block / 2;
    left -= block / 2;
  }
  if (left >= sizeof(word)) {
    store(target, load(from) ^ mask);
    from += sizeof(word);
    target += sizeof(word);
    left -= sizeof(word);
  }
  if (left >= sizeof(half_word)) {
    store(target, load<half_word>(from) ^ static_cast<half_word>(mask));
    from += sizeof(half_word);
    target += sizeof(half_word);
    left -= sizeof(half_word);
  }
  const auto rest = std::bit_cast<std::array<std::byte, sizeof(word)>>(mask);
  for (std::size_t i = 0; i < left; ++i) target[i] = from[i] ^ rest[i];
}

namespace {

using key_pool = std::array<mask_key, 16>;

// The block of keys that the sources of a thread take from.
class key_block {
 public:
  key_block() noexcept = default;
  ~key_block() { OPENSSL_cleanse(parts_.data(), sizeof parts_); }
  key_block(const key_block&) = delete;
  key_block& operator=(const key_block&) = delete;

  // Moves keys to `target`. A forked process does not use what its parent has fetched.
  void take(key_pool& target) {
    const unsigned forks = fork_count();
    if (left_ == 0 || forks_ != forks) refill();
    forks_ = forks;
    target = parts_[--left_];
    parts_[left_] = key_pool{};
  }

 private:
  void refill() {
    if (RAND_bytes(reinterpret_cast<unsigned char*>(parts_.data()), sizeof parts_) != 1) {
      throw std::system_error(std::make_error_code(std::errc::io_error), "no random masking keys");
    }
    left_ = parts_.size();
  }

  // A call of the CSPRNG costs about the same for 16 bytes as for 1 KiB.
  std::array<key_pool, 16> parts_;
  std::size_t left_ = 0;
  unsigned forks_ = fork_count();
};

thread_local key_block block_of_thread;

}  // namespace

mask_key_source::mask_key_source() noexcept = default;

mask_key_source::~mask_key_source() {
  OPENSSL_cleanse(pool_.data(), sizeof pool_);
}

void mask_key_source::refill() {
  block_of_thread.take(pool_);
  left_ = pool_.size();
}

}  // namespace wsx::protocol
