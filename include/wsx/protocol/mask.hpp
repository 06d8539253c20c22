#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/fork_count.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

namespace wsx::protocol {

/// The four bytes of a masking key in wire order. RFC 6455 5.3.
using mask_key = std::array<std::byte, 4>;

/// Copies `source` to `target`, masked. The ranges must not overlap, unless they are identical.
/// `offset` is the position of the first byte within its payload, so that a payload can be masked
/// in pieces. RFC 6455 5.3.
WSX_API void mask_copy(std::byte* target, bytes_view source, mask_key key,
                       std::uint64_t offset = 0) noexcept;

/// Masking keys from the system's CSPRNG: RFC 6455 10.3 requires unpredictable ones, and a fresh
/// one for each frame. A used key is not kept. Not thread-safe.
///
/// Keys are fetched in blocks that all sources of a thread share; a source itself holds a few. A
/// forked process uses no keys that its parent has fetched.
class mask_key_source {
 public:
  WSX_API mask_key_source() noexcept;
  WSX_API ~mask_key_source();
  mask_key_source(const mask_key_source&) = delete;
  mask_key_source& operator=(const mask_key_source&) = delete;

  /// Returns the next key. Throws `std::system_error` if the system's CSPRNG fails: a client
  /// without unpredictable keys must not send.
  mask_key next() {
    mask_key key;
    while (!take(key)) refill();
    return key;
  }

  /// Takes the next key if there is one; `next` fetches more.
  bool take(mask_key& key) noexcept {
    const std::size_t now = state_ - 1;
    const std::size_t index = now - detail::fork_steps;
    if (index >= pool_.size()) [[unlikely]]
      return false;
    state_ = now;
    // A plain store wipes the used key. The compiler can't drop it, since the destructor passes the
    // pool to a function that the compiler can't see into.
    key = std::exchange(pool_[index], mask_key{});
    return true;
  }

  /// Returns the number of keys left: `next` does not throw while there are any.
  std::size_t left() const noexcept {
    const std::size_t left = state_ - detail::fork_steps;
    return left <= pool_.size() ? left : 0;
  }

 private:
  WSX_API void refill();

  std::array<mask_key, 16> pool_{};
  static_assert(std::tuple_size_v<decltype(pool_)> < detail::fork_step);
  // Keys left, plus `fork_steps` when they were fetched: after a fork the value is too small.
  std::size_t state_ = 0;
};

}  // namespace wsx::protocol
