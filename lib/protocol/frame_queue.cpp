#include <wsx/protocol/frame_queue.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

namespace wsx::protocol {

namespace {

constexpr std::size_t least_capacity = 256;
constexpr std::size_t most_capacity = std::numeric_limits<std::size_t>::max() / 2 + 1;

}  // namespace

// A power of two: a position of the ring is then a counter's low bits, also after the counter
// wrapped around.
frame_queue::frame_queue(std::size_t capacity)
    : capacity_(std::bit_ceil(std::clamp(capacity, least_capacity, most_capacity))) {}

frame_queue::~frame_queue() = default;

bool frame_queue::try_push(frame_head head, bytes_view payload) {
  const auto size = static_cast<std::size_t>(frame_size(payload.size()));
  const std::size_t pushed = pushed_.load(std::memory_order_relaxed);
  if (!has_room(pushed, size)) return false;
  if (!ring_) ring_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);

  head.length = payload.size();
  const std::size_t header_end = pushed + put_header(pushed, head);
  copy_in(header_end, payload);
  pushed_.store(pushed + size, std::memory_order_release);  // publishes the bytes, and ring_
  return true;
}

// Looks at the consumer's counter, which costs a cache miss, only when the copy of it says full.
bool frame_queue::has_room(std::size_t pushed, std::size_t size) noexcept {
  if (capacity_ - (pushed - released_seen_) >= size) return true;
  released_seen_ = released_.load(std::memory_order_acquire);
  return capacity_ - (pushed - released_seen_) >= size;
}

std::size_t frame_queue::readable() const noexcept {
  pushed_seen_ = pushed_.load(std::memory_order_acquire);
  return pushed_seen_ - cursor_;
}

bool frame_queue::peek_head(frame_head& head) noexcept {
  if (pushed_seen_ == cursor_ && readable() == 0) return false;
  get_header(cursor_, head);
  return true;
}

bool frame_queue::read_head(frame_head& head) noexcept {
  if (!peek_head(head)) return false;
  cursor_ += header_size(head.length);
  return true;
}

void frame_queue::read_masked(std::span<std::byte> target, mask_key key,
                              std::uint64_t offset) noexcept {
  const std::size_t first = before_wrap(cursor_, target.size());
  mask_copy(target.data(), {ring_at(cursor_), first}, key, offset);
  if (first < target.size()) {
    mask_copy(target.data() + first, {ring_.get(), target.size() - first}, key, offset + first);
  }
  cursor_ += target.size();
}

bytes_view frame_queue::read_in_place(std::size_t most) noexcept {
  const bytes_view bytes(ring_at(cursor_), before_wrap(cursor_, most));
  cursor_ += bytes.size();
  return bytes;
}

void frame_queue::skip(std::size_t count) noexcept {
  cursor_ += count;
}

void frame_queue::release(std::size_t count) noexcept {
  const std::size_t released = released_.load(std::memory_order_relaxed);
  released_.store(released + count, std::memory_order_release);  // the bytes have been read
}

std::size_t frame_queue::unreleased() const noexcept {
  return cursor_ - released_.load(std::memory_order_relaxed);
}

void frame_queue::rewind() noexcept {
  cursor_ = released_.load(std::memory_order_relaxed);
}

std::byte* frame_queue::ring_at(std::size_t position) const noexcept {
  return ring_.get() + (position & (capacity_ - 1));
}

std::size_t frame_queue::before_wrap(std::size_t position, std::size_t count) const noexcept {
  return std::min(count, capacity_ - (position & (capacity_ - 1)));
}

std::size_t frame_queue::put_header(std::size_t position, const frame_head& head) noexcept {
  if (before_wrap(position, max_header_size) == max_header_size) {
    return write_header(ring_at(position), head, mask_key{});
  }
  std::array<std::byte, max_header_size> header;
  const std::size_t size = write_header(header.data(), head, mask_key{});
  copy_in(position, bytes_view(header).first(size));
  return size;
}

void frame_queue::get_header(std::size_t position, frame_head& head) const noexcept {
  if (before_wrap(position, max_header_size) == max_header_size) {
    read_header(ring_at(position), head);
    return;
  }
  std::array<std::byte, max_header_size> header;
  const std::size_t queued = std::min(header.size(), pushed_seen_ - position);
  copy_out(position, std::span(header).first(queued));
  read_header(header.data(), head);
}

void frame_queue::copy_in(std::size_t position, bytes_view bytes) noexcept {
  if (bytes.empty()) return;  // memcpy takes no null, not even for nothing
  const std::size_t first = before_wrap(position, bytes.size());
  std::memcpy(ring_at(position), bytes.data(), first);
  if (first < bytes.size()) {
    std::memcpy(ring_.get(), bytes.data() + first, bytes.size() - first);
  }
}

void frame_queue::copy_out(std::size_t position, std::span<std::byte> target) const noexcept {
  const std::size_t first = before_wrap(position, target.size());
  std::memcpy(target.data(), ring_at(position), first);
  std::memcpy(target.data() + first, ring_.get(), target.size() - first);
}

}  // namespace wsx::protocol
