#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/memory/pooled_bytes.hpp>

#include <cstddef>
#include <cstdint>

namespace wsx::protocol {

/// The pongs that wait to be sent, in the order of their pings. RFC 6455 5.5.3 allows answering
/// only the latest ping, but many servers count pongs.
///
/// Bounded: if a server sends pings without end and takes no pongs, the oldest pongs are dropped.
/// Uses memory only while a pong waits.
class pong_queue {
 public:
  static constexpr std::size_t max_waiting = 64;

  bool empty() const noexcept { return count_ == 0; }

  /// Appends a pong with this payload, at most 125 bytes.
  WSX_API void push(bytes_view payload);

  /// Returns the payload of the oldest pong. Valid until `push` or `pop`.
  bytes_view front() const noexcept {
    return waiting().subspan(1, std::to_integer<std::size_t>(waiting()[0]));
  }

  /// Removes the oldest pong.
  WSX_API void pop() noexcept;

 private:
  bytes_view waiting() const noexcept { return payloads_.view().subspan(begin_); }

  memory::pooled_bytes payloads_{};  // each after its length
  std::uint32_t begin_ = 0;          // of the oldest pong
  std::uint32_t count_ = 0;
};

}  // namespace wsx::protocol
