#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/byte_buffer.hpp>

#include <utility>

namespace wsx::protocol {

/// A copy of some bytes. Its memory comes from, and goes back to, a small store that each thread
/// keeps: a reply a message costs no allocation.
class recycled_bytes {
 public:
  recycled_bytes() = default;
  WSX_API explicit recycled_bytes(bytes_view bytes);
  WSX_API ~recycled_bytes();
  recycled_bytes(recycled_bytes&& other) noexcept : buffer_(std::move(other.buffer_)) {}
  recycled_bytes& operator=(recycled_bytes&& other) noexcept {
    recycled_bytes(std::move(other)).buffer_.swap(buffer_);
    return *this;
  }

  bytes_view view() const noexcept { return buffer_.view(); }

 private:
  byte_buffer buffer_;
};

}  // namespace wsx::protocol
