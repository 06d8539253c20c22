#pragma once

#include <wsx/bytes.hpp>

#include <cstddef>
#include <memory>
#include <span>

namespace wsx {

/// TLS records on their way from or to the socket. Has memory only while it holds any: that comes
/// from a few blocks that the connections of a thread lend each other, so an idle connection has
/// none, and a busy one allocates none.
class wire_buffer {
 public:
  /// What one read or write of the socket moves at most.
  static constexpr std::size_t capacity = 264 * 1024;

  wire_buffer() = default;
  ~wire_buffer();
  wire_buffer(const wire_buffer&) = delete;
  wire_buffer& operator=(const wire_buffer&) = delete;

  bool empty() const noexcept { return begin_ == end_; }
  std::size_t free() const noexcept { return capacity - end_; }  ///< behind the last byte
  bytes_view view() const noexcept { return {memory_.get() + begin_, end_ - begin_}; }

  /// The room behind the last byte; none if it is full, or there is no memory. `commit` counts what
  /// was written there; if that is nothing, and there is nothing else, `release` it.
  std::span<std::byte> room() noexcept;
  void commit(std::size_t count) noexcept { end_ += count; }

  /// Forgets the first bytes; with the last one the memory goes back.
  void consume(std::size_t count) noexcept;

  void release() noexcept;

 private:
  std::unique_ptr<std::byte[]> memory_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace wsx
