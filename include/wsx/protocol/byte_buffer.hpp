#pragma once

#include <wsx/bytes.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

namespace wsx::protocol {

/// Bytes in one piece that grow at the end. Unlike a vector it doesn't clear what it allocates:
/// room is made first, then filled, then counted.
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

  /// Room for `count` bytes behind the last; `commit` then counts those that were written.
  std::span<std::byte> prepare(std::size_t count) {
    if (capacity_ - size_ < count) grow(size_ + count);
    return {data_.get() + size_, count};
  }

  void commit(std::size_t count) noexcept { size_ += count; }

  void append(bytes_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(prepare(bytes.size()).data(), bytes.data(), bytes.size());
    commit(bytes.size());
  }

  /// Forgets all bytes behind the first `size`, which is no more than there are.
  void truncate(std::size_t size) noexcept { size_ = size; }

  /// Forgets the bytes; keeps the memory.
  void clear() noexcept { size_ = 0; }

  /// Forgets the bytes and gives the memory back.
  void release() noexcept { byte_buffer().swap(*this); }

  void swap(byte_buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  void grow(std::size_t wanted) {
    const std::size_t capacity = std::max({wanted, capacity_ * 2, std::size_t{256}});
    std::unique_ptr<std::byte[]> bigger(new std::byte[capacity]);
    if (size_ > 0) std::memcpy(bigger.get(), data_.get(), size_);
    data_ = std::move(bigger);
    capacity_ = capacity;
  }

  std::unique_ptr<std::byte[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace wsx::protocol
