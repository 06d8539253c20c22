#pragma once

#include <wsx/export.hpp>

#include <cstddef>
#include <memory>
#include <span>

namespace wsx::detail {

// The buffer that all clients of a thread read into, one after the other, so that an idle client
// has none. If it is in use, because a callback runs the event loop, the nested client gets
// another.
class shared_read_buffer {
 public:
  WSX_API shared_read_buffer();
  WSX_API ~shared_read_buffer();
  shared_read_buffer(const shared_read_buffer&) = delete;
  shared_read_buffer& operator=(const shared_read_buffer&) = delete;

  std::span<std::byte> span() const noexcept { return {memory_.get(), size}; }

 private:
  // 256 KiB measured best: fewer reads no longer pay, and it fits in a core's second-level cache.
  static constexpr std::size_t size = 256 * 1024;

  std::unique_ptr<std::byte[]> memory_;
};

}  // namespace wsx::detail
