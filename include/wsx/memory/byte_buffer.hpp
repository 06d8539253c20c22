#pragma once

#include <wsx/bytes.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <utility>

namespace wsx::memory {

/// Bytes in one block that grow at the end. Unlike a vector it doesn't clear what it allocates: the
/// caller prepares memory, fills it, and commits what it wrote.
class byte_buffer {
 public:
  byte_buffer() = default;
  byte_buffer(byte_buffer&& other) noexcept { swap(other); }
  byte_buffer& operator=(byte_buffer&& other) noexcept {
    byte_buffer(std::move(other)).swap(*this);
    return *this;
  }

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  std::size_t capacity() const noexcept { return capacity_; }
  bytes_view view() const noexcept { return {data_.get(), size_}; }
  std::byte* data() noexcept { return data_.get(); }

  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

  /// Returns memory for `count` bytes after the last one; `commit` then counts those that were
  /// written. To grow seldom it allocates more than that, but at most `most` bytes in all.
  std::span<std::byte> prepare(std::size_t count, std::size_t most = unlimited) {
    if (capacity_ - size_ < count) grow(size_ + count, most);
    return {data_.get() + size_, count};
  }

  void commit(std::size_t count) noexcept { size_ += count; }

  void append(bytes_view bytes, std::size_t most = unlimited) {
    if (bytes.empty()) return;
    std::memcpy(prepare(bytes.size(), most).data(), bytes.data(), bytes.size());
    commit(bytes.size());
  }

  /// Removes all bytes after the first `size`, of which there must be that many.
  void truncate(std::size_t size) noexcept { size_ = size; }

  /// Removes the first `count` bytes; the others move to the front.
  void erase_front(std::size_t count) noexcept {
    size_ -= count;
    std::memmove(data_.get(), data_.get() + count, size_);
  }

  /// Removes all bytes and keeps the memory.
  void clear() noexcept { size_ = 0; }

  /// Removes all bytes and frees the memory.
  void release() noexcept { byte_buffer().swap(*this); }

  void swap(byte_buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  struct free_memory {
    void operator()(std::byte* memory) const noexcept { std::free(memory); }
  };

  // malloc memory: realloc can enlarge a large block without copying it.
  void grow(std::size_t wanted, std::size_t most) {
    const std::size_t doubled = std::min(std::max(capacity_ * 2, std::size_t{256}), most);
    const std::size_t capacity = std::max(wanted, doubled);
    void* const grown = std::realloc(data_.get(), capacity);
    if (grown == nullptr) throw std::bad_alloc();
    data_.release();
    data_.reset(static_cast<std::byte*>(grown));
    capacity_ = capacity;
  }

  std::unique_ptr<std::byte[], free_memory> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace wsx::memory
