#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/memory/byte_buffer.hpp>

#include <cstddef>
#include <utility>

namespace wsx::memory {

/// Bytes whose memory is acquired from, and released to, the spares that each thread keeps: a reply
/// per message costs no allocation.
class pooled_bytes {
 public:
  pooled_bytes() = default;
  explicit pooled_bytes(bytes_view bytes) { append(bytes); }
  ~pooled_bytes() {
    if (buffer_.capacity() > 0) release();
  }
  pooled_bytes(const pooled_bytes& other) : pooled_bytes(other.view()) {}
  pooled_bytes& operator=(const pooled_bytes& other) { return *this = pooled_bytes(other); }
  pooled_bytes(pooled_bytes&& other) noexcept : buffer_(std::move(other.buffer_)) {}
  pooled_bytes& operator=(pooled_bytes&& other) noexcept {
    pooled_bytes(std::move(other)).buffer_.swap(buffer_);
    return *this;
  }

  bytes_view view() const noexcept { return buffer_.view(); }

  WSX_API void append(bytes_view bytes);

  /// Removes the first `count` bytes.
  void erase_front(std::size_t count) noexcept { buffer_.erase_front(count); }

 private:
  WSX_API void release() noexcept;

  byte_buffer buffer_;
};

}  // namespace wsx::memory
