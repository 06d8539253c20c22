#pragma once

#include <wsx/bytes.hpp>

#include <cstddef>
#include <memory>
#include <span>

namespace wsx {

/// TLS records on their way from or to the socket. It has memory only while it holds any. The
/// memory is acquired from the thread's spares, so an idle connection has none, and a busy one
/// allocates none.
class wire_buffer {
 public:
  /// The limit of what one read or write of the socket moves.
  static constexpr std::size_t capacity = 264 * 1024;

  wire_buffer() = default;
  ~wire_buffer();
  wire_buffer(const wire_buffer&) = delete;
  wire_buffer& operator=(const wire_buffer&) = delete;

  bool empty() const noexcept { return begin_ == end_; }
  std::size_t free() const noexcept { return capacity - end_; }  ///< after the last byte
  bytes_view view() const noexcept { return {memory_.get() + begin_, end_ - begin_}; }

  /// Returns the memory after the last byte; none if the buffer is full, or without memory.
  /// `commit` counts what was written there. If that is nothing, and the buffer is empty, `release`
  /// it.
  std::span<std::byte> prepare() noexcept;
  void commit(std::size_t count) noexcept { end_ += count; }

  /// Removes the first bytes; releases the memory with the last one.
  void consume(std::size_t count) noexcept;

  void release() noexcept;

 private:
  std::unique_ptr<std::byte[]> memory_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace wsx
