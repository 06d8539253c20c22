#pragma once

#include "format.hpp"

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <thread>

namespace wsx::recording {

// A lock that is held for less time than a thread takes to sleep.
class spin_lock {
 public:
  void lock() noexcept {
    while (taken_.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
  }
  void unlock() noexcept { taken_.clear(std::memory_order_release); }

 private:
  std::atomic_flag taken_{};
};

// A small record that was dropped from a ring, but is still of use.
struct kept_record {
  record_head head{};
  std::array<std::byte, 2048> body{};

  bytes_view view() const noexcept { return bytes_view(body).first(head.body_size); }
};

// Records in a fixed piece of memory, the newest of all. Each lies in one piece, with its head in
// front; the oldest ones are dropped whole. From any thread.
class record_ring {
 public:
  // A place in the order of all records that there ever were.
  struct cursor {
    std::uint64_t record = 0;
    std::uint64_t position = 0;  // in bytes; never decreases
    std::size_t offset = 0;      // in the memory
  };

  // Allocates `bytes`, or as many as the smallest ring has. This is the only allocation.
  WSX_API explicit record_ring(std::size_t bytes);

  // The longest body. Longer ones would leave too few others.
  std::size_t max_body() const noexcept { return capacity_ / 4 - head_size; }

  // Adds a record, whose body `fill` writes into the memory that it is called with. `size` is at
  // most `max_body`.
  template <class Fill>
  void push(record_head& head, std::size_t size, Fill fill) noexcept {
    head.body_size = static_cast<std::uint32_t>(size);
    lock_.lock();
    std::byte* const place = make_room(head_size + size);
    std::memcpy(place, &head, head_size);
    fill(std::span(place + head_size, size));
    commit(head_size + size);
    lock_.unlock();
  }

  WSX_API cursor oldest() const noexcept;
  // The place of the next record.
  WSX_API cursor newest() const noexcept;

  // Copies whole records from `from` on, up to `until`, as many as `place` holds, at least one. If
  // some were dropped meanwhile, it goes on with the oldest. Returns the number of bytes, and moves
  // `from`; 0: there are no more.
  WSX_API std::size_t copy(cursor& from, const cursor& until,
                           std::span<std::byte> place) const noexcept;

  // Returns the connection that the oldest record belongs to, if its record was dropped.
  WSX_API std::optional<kept_record> connection() const noexcept;

  // How much of the memory a record takes.
  static constexpr std::size_t room_of(std::size_t size) noexcept { return (size + 7) / 8 * 8; }

 private:
  // In the place of a body's size: the next record is at the beginning of the memory.
  static constexpr std::uint32_t skip = 0xFFFF'FFFF;

  WSX_API std::byte* make_room(std::size_t size) noexcept;
  WSX_API void commit(std::size_t size) noexcept;
  void drop_oldest() noexcept;
  void keep_connection() noexcept;
  void go_to_beginning(cursor& c) const noexcept;
  void advance(cursor& c, std::size_t bytes) const noexcept;
  std::uint32_t size_at(const cursor& c) const noexcept;

  const std::size_t capacity_;
  const std::unique_ptr<std::byte[]> memory_;
  mutable spin_lock lock_;
  cursor oldest_{};
  cursor newest_{};
  kept_record connection_{};  // of the oldest record
  bool kept_ = false;         // its own record was dropped
};

}  // namespace wsx::recording
