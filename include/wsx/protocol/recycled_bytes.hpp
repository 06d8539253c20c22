#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/byte_buffer.hpp>

#include <cstddef>
#include <utility>

namespace wsx::protocol {

/// Bytes whose memory comes from, and goes back to, a small store that each thread keeps: a reply
/// per message costs no allocation.
class recycled_bytes {
 public:
  recycled_bytes() = default;
  explicit recycled_bytes(bytes_view bytes) { append(bytes); }
  ~recycled_bytes() {
    if (buffer_.capacity() > 0) give_back();
  }
  recycled_bytes(const recycled_bytes& other) : recycled_bytes(other.view()) {}
  recycled_bytes& operator=(const recycled_bytes& other) { return *this = recycled_bytes(other); }
  recycled_bytes(recycled_bytes&& other) noexcept : buffer_(std::move(other.buffer_)) {}
  recycled_bytes& operator=(recycled_bytes&& other) noexcept {
    recycled_bytes(std::move(other)).buffer_.swap(buffer_);
    return *this;
  }

  bytes_view view() const noexcept { return buffer_.view(); }

  WSX_API void append(bytes_view bytes);

  /// Forgets the first `count` bytes.
  void erase_front(std::size_t count) noexcept { buffer_.erase_front(count); }

 private:
  WSX_API void give_back() noexcept;

  byte_buffer buffer_;
};

}  // namespace wsx::protocol
