#include "record_ring.hpp"

#include <algorithm>
#include <mutex>

namespace wsx::recording {

namespace {

constexpr std::size_t smallest = 4096;

}  // namespace

record_ring::record_ring(std::size_t bytes)
    : capacity_(room_of(std::max(bytes, smallest))), memory_(new std::byte[capacity_]()) {}

record_ring::cursor record_ring::oldest() const noexcept {
  const std::lock_guard lock(lock_);
  return oldest_;
}

record_ring::cursor record_ring::newest() const noexcept {
  const std::lock_guard lock(lock_);
  return newest_;
}

// What does not fit before the end of the memory begins at its beginning.
std::byte* record_ring::make_room(std::size_t size) noexcept {
  const std::size_t needed = room_of(size);
  const std::size_t to_end = capacity_ - newest_.offset;
  const std::size_t skipped = needed > to_end ? to_end : 0;
  while (newest_.position + skipped + needed > oldest_.position + capacity_) drop_oldest();
  if (skipped > 0) {
    std::memcpy(memory_.get() + newest_.offset, &skip, sizeof(skip));
    go_to_beginning(newest_);
  }
  return memory_.get() + newest_.offset;
}

void record_ring::commit(std::size_t size) noexcept {
  advance(newest_, room_of(size));
  ++newest_.record;
}

void record_ring::drop_oldest() noexcept {
  const std::uint32_t size = size_at(oldest_);
  if (size == skip) return go_to_beginning(oldest_);
  keep_connection();
  advance(oldest_, room_of(head_size + size));
  ++oldest_.record;
}

// The oldest record is about to be dropped.
void record_ring::keep_connection() noexcept {
  record_head head;
  std::memcpy(&head, memory_.get() + oldest_.offset, head_size);
  if (head.kind == record_kind::connection_ended) kept_ = false;
  if (head.kind != record_kind::connected) return;
  kept_ = head.body_size <= connection_.body.size();
  if (!kept_) return;
  connection_.head = head;
  std::memcpy(connection_.body.data(), memory_.get() + oldest_.offset + head_size, head.body_size);
}

std::optional<kept_record> record_ring::connection() const noexcept {
  const std::lock_guard lock(lock_);
  return kept_ ? std::optional(connection_) : std::nullopt;
}

std::size_t record_ring::copy(cursor& from, const cursor& until,
                              std::span<std::byte> place) const noexcept {
  const std::lock_guard lock(lock_);
  if (from.position < oldest_.position) from = oldest_;
  std::size_t copied = 0;
  while (from.record < until.record) {
    const std::uint32_t size = size_at(from);
    if (size == skip) {
      go_to_beginning(from);
      continue;
    }
    const std::size_t room = room_of(head_size + size);
    if (copied + room > place.size()) break;
    std::memcpy(place.data() + copied, memory_.get() + from.offset, room);
    copied += room;
    advance(from, room);
    ++from.record;
  }
  return copied;
}

void record_ring::go_to_beginning(cursor& c) const noexcept {
  c.position += capacity_ - c.offset;
  c.offset = 0;
}

void record_ring::advance(cursor& c, std::size_t bytes) const noexcept {
  c.position += bytes;
  c.offset += bytes;
  if (c.offset == capacity_) c.offset = 0;
}

std::uint32_t record_ring::size_at(const cursor& c) const noexcept {
  std::uint32_t size = 0;
  std::memcpy(&size, memory_.get() + c.offset, sizeof(size));
  return size;
}

}  // namespace wsx::recording
