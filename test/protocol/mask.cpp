// The test replaces the CSPRNG, for which OpenSSL 3 has no other way that is as short.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <wsx/protocol/mask.hpp>

#include <doctest/doctest.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <span>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

using wsx::protocol::mask_copy;
using wsx::protocol::mask_key;
using wsx::protocol::mask_key_source;

namespace {

constexpr mask_key key{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}};
constexpr std::byte untouched{0xee};

std::vector<std::byte> some_bytes(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 + 1);
  return bytes;
}

std::vector<std::byte> naively_masked(wsx::bytes_view source, std::uint64_t offset) {
  std::vector<std::byte> masked(source.begin(), source.end());
  for (std::size_t i = 0; i < masked.size(); ++i) masked[i] ^= key[(offset + i) % 4];
  return masked;
}

/// Whether `room` has `expected` at `begin` and is untouched everywhere else.
bool holds_only(wsx::bytes_view room, std::size_t begin, wsx::bytes_view expected) {
  const auto is_untouched = [](std::byte byte) { return byte == untouched; };
  const wsx::bytes_view after = room.subspan(begin + expected.size());
  return std::ranges::equal(room.subspan(begin, expected.size()), expected) &&
         std::ranges::all_of(room.first(begin), is_untouched) &&
         std::ranges::all_of(after, is_untouched);
}

/// Replaces OpenSSL's CSPRNG by a counter of 32-bit numbers, or by one that fails.
class fake_csprng {
 public:
  explicit fake_csprng(bool works) : before_(RAND_get_rand_method()) {
    method_.bytes = works ? count : fail;
    calls_ = 0;
    RAND_set_rand_method(&method_);
  }
  ~fake_csprng() { RAND_set_rand_method(before_); }
  fake_csprng(const fake_csprng&) = delete;
  fake_csprng& operator=(const fake_csprng&) = delete;

  static int calls() { return calls_; }

 private:
  static int count(unsigned char* target, int size) {
    ++calls_;
    for (int at = 0; at + 4 <= size; at += 4) {
      ++last_;
      std::memcpy(target + at, &last_, 4);
    }
    return 1;
  }
  static int fail(unsigned char*, int) { return 0; }

  static inline std::uint32_t last_ = 0;
  static inline int calls_ = 0;
  RAND_METHOD method_{};
  const RAND_METHOD* before_;
};

constexpr std::size_t few = 8;
using few_keys = std::array<mask_key, few>;

few_keys some_keys() {
  few_keys keys;
  mask_key_source source;
  for (auto& next : keys) next = source.next();
  return keys;
}

/// What `get` gives in a process that is forked now.
template <class Get>
auto in_child(Get get) {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto keys = get();
    _exit(write(ends[1], keys.data(), sizeof keys) == sizeof keys ? 0 : 1);
  }
  decltype(get()) keys{};
  CHECK(read(ends[0], keys.data(), sizeof keys) == sizeof keys);
  CHECK(waitpid(child, nullptr, 0) == child);
  close(ends[0]);
  close(ends[1]);
  return keys;
}

}  // namespace

TEST_SUITE("protocol/mask: mask_copy, RFC 6455 5.3") {
  TEST_CASE("the RFC's example: Hello") {  // RFC 6455 5.7
    std::array<std::byte, 5> masked{};
    mask_copy(masked.data(), wsx::as_bytes("Hello"), key);
    CHECK(wsx::as_chars(masked) == "\x7f\x9f\x4d\x51\x58");
  }

  TEST_CASE("equals the naive loop for every length, offset and alignment") {
    std::size_t wrong = 0;
    for (std::size_t size = 0; size <= 100; ++size) {
      for (std::uint64_t offset = 0; offset < 8; ++offset) {
        for (std::size_t shift = 0; shift < 64; ++shift) {
          const std::size_t from = shift % 8;
          const std::size_t to = shift / 8;
          const std::vector<std::byte> source = some_bytes(from + size);
          const wsx::bytes_view payload = wsx::bytes_view(source).subspan(from);
          std::vector<std::byte> target(to + size + 8, untouched);
          mask_copy(target.data() + to, payload, key, offset);
          if (!holds_only(target, to, naively_masked(payload, offset))) ++wrong;
        }
      }
    }
    CHECK(wrong == 0);
  }

  TEST_CASE("in place, for every length, offset and alignment") {
    std::size_t wrong = 0;
    for (std::size_t size = 0; size <= 100; ++size) {
      for (std::uint64_t offset = 0; offset < 8; ++offset) {
        for (std::size_t at = 0; at < 8; ++at) {
          const std::vector<std::byte> payload = some_bytes(size);
          std::vector<std::byte> room(at + size + 8, untouched);
          std::ranges::copy(payload, room.begin() + static_cast<std::ptrdiff_t>(at));
          mask_copy(room.data() + at, std::span(room).subspan(at, size), key, offset);
          if (!holds_only(room, at, naively_masked(payload, offset))) ++wrong;
        }
      }
    }
    CHECK(wrong == 0);
  }

  TEST_CASE("masking in two pieces gives what masking at once gives") {
    const std::vector<std::byte> payload = some_bytes(100);
    const std::vector<std::byte> expected = naively_masked(payload, 0);
    for (std::size_t split = 0; split <= payload.size(); ++split) {
      CAPTURE(split);
      std::vector<std::byte> target(payload.size());
      mask_copy(target.data(), std::span(payload).first(split), key);
      mask_copy(target.data() + split, std::span(payload).subspan(split), key, split);
      CHECK(target == expected);
    }
  }

  TEST_CASE("offsets beyond 32 bits") {
    const std::vector<std::byte> payload = some_bytes(21);
    std::vector<std::byte> target(payload.size());
    for (const std::uint64_t offset : {0x1'0000'0003u, 0x7fff'ffff'ffff'fff1u}) {
      mask_copy(target.data(), payload, key, offset);
      CHECK(target == naively_masked(payload, offset));
    }
  }

  TEST_CASE("long payloads for every alignment of the target, copied and in place") {
    std::size_t wrong = 0;
    for (const std::size_t size : {std::size_t{511}, std::size_t{512}, std::size_t{1001}}) {
      for (std::uint64_t offset = 0; offset < 4; ++offset) {
        for (std::size_t to = 0; to < 64; ++to) {
          const std::vector<std::byte> payload = some_bytes(size);
          const auto expected = naively_masked(payload, offset);
          std::vector<std::byte> target(to + size + 8, untouched);
          mask_copy(target.data() + to, payload, key, offset);
          if (!holds_only(target, to, expected)) ++wrong;
          const wsx::bytes_view there = wsx::bytes_view(target).subspan(to, size);
          mask_copy(target.data() + to, there, key, offset);
          if (!holds_only(target, to, payload)) ++wrong;
        }
      }
    }
    CHECK(wrong == 0);
  }

  TEST_CASE("a large payload; masking twice gives it back") {
    const std::vector<std::byte> payload = some_bytes(1'000'003);
    std::vector<std::byte> target(payload.size());
    mask_copy(target.data(), payload, key);
    CHECK(target == naively_masked(payload, 0));
    mask_copy(target.data(), target, key);
    CHECK(target == payload);
  }

  TEST_CASE("nothing to mask needs no memory") {
    mask_copy(nullptr, {}, key);
  }
}

TEST_SUITE("protocol/mask: mask_key_source, RFC 6455 10.3") {
  TEST_CASE("the system's keys differ, beyond one block of them") {
    mask_key_source source;
    std::set<mask_key> keys;
    for (int i = 0; i < 10'000; ++i) keys.insert(source.next());
    CHECK(keys.size() > 9'990);  // about 0.01 equal pairs are to be expected of random ones
  }

  TEST_CASE("two sources don't give the same keys") {
    mask_key_source first;
    mask_key_source second;
    int equal = 0;
    for (int i = 0; i < 1'000; ++i) equal += first.next() == second.next();
    CHECK(equal < 10);
  }

  TEST_CASE("each random number is used once at most") {
    const fake_csprng counter(true);
    mask_key_source source;
    std::set<mask_key> keys;
    for (int i = 0; i < 10'000; ++i) keys.insert(source.next());
    CHECK(keys.size() == 10'000);
  }

  TEST_CASE("a used key is not kept") {
    const fake_csprng counter(true);
    mask_key_source source;
    for (int i = 0; i < 1'000; ++i) {
      const mask_key used = source.next();
      const auto memory = std::as_bytes(std::span(&source, 1));
      REQUIRE(std::ranges::search(memory, used).empty());
    }
  }

  TEST_CASE("without random numbers there is no key") {
    mask_key_source source;
    const auto next_block = [&] {
      for (int i = 0; i < 10'000; ++i) (void)source.next();
    };
    {
      const fake_csprng broken(false);
      CHECK_THROWS_AS(next_block(), std::system_error);
      CHECK_THROWS_AS(source.next(), std::system_error);
    }
    CHECK_NOTHROW(source.next());
  }

  TEST_CASE("a source holds few: what is fetched at once belongs to the thread") {
    CHECK(sizeof(mask_key_source) <= 80);
    const fake_csprng counter(true);
    for (int i = 0; i < 1'000; ++i) (void)mask_key_source().next();
    CHECK(fake_csprng::calls() <= 1'000 / 16 + 1);
  }

  TEST_CASE("a forked process has keys of its own") {
    (void)some_keys();  // so that there is something left for both
    const few_keys of_child = in_child(some_keys);
    CHECK(some_keys() != of_child);
  }

  TEST_CASE("a forked process does not use what a source of its parent's has left") {
    constexpr std::size_t pool = 16;
    for (std::size_t used = 0; used <= pool; ++used) {
      CAPTURE(used);
      mask_key_source source;
      mask_key_source other;  // takes from the same block
      for (std::size_t i = 0; i < used; ++i) (void)source.next();
      (void)other.next();
      const auto next = [&] {
        std::array<mask_key, 4 * pool> keys;
        for (std::size_t i = 0; i < keys.size(); ++i)
          keys[i] = i % 2 == 0 ? source.next() : other.next();
        return keys;
      };
      const auto of_child = in_child(next);
      const auto of_parent = next();
      std::set<mask_key> all(of_child.begin(), of_child.end());
      all.insert(of_parent.begin(), of_parent.end());
      CHECK(all.size() == of_child.size() + of_parent.size());
    }
  }

  TEST_CASE("what a source has left counts for nothing after a fork, and the parent keeps it") {
    mask_key_source source;
    CHECK(source.left() == 0);
    (void)source.next();
    CHECK(source.left() == 15);
    const auto left = in_child([&] { return std::array<std::size_t, 1>{source.left()}; });
    CHECK(left[0] == 0);
    CHECK(source.left() == 15);
  }
}
