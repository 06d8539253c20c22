#include "frame_queue_push.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace wsx::protocol {

namespace {

constexpr std::size_t least_capacity = 256;
constexpr std::size_t most_capacity = std::numeric_limits<std::size_t>::max() / 4 + 1;

// Only its header says where the next frame is, so the processor can't prefetch it by itself.
void fetch_ahead(const std::byte* header) noexcept {
#if defined(__GNUC__)
  constexpr std::uintptr_t some_frames = 1024;
  __builtin_prefetch(
      // NOLINTNEXTLINE(performance-no-int-to-ptr): it may be outside of the ring, and is not read.
      reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(header) + some_frames));
#else
  static_cast<void>(header);
#endif
}

std::size_t size_of(const frame_head& head) noexcept {
  return static_cast<std::size_t>(frame_size(head.length));
}

}  // namespace

// A power of two: a position in the ring is then the low bits of a counter, even after the counter
// wraps around.
frame_queue::frame_queue(std::size_t capacity, payloads form)
    : capacity_(std::bit_ceil(std::clamp(capacity, least_capacity, most_capacity))), form_(form) {}

frame_queue::~frame_queue() = default;

bool frame_queue::try_push(const frame_head& head, bytes_view payload) {
  return try_push_inline(head, payload);
}

bool frame_queue::push_slowly(const frame_head& head, bytes_view payload, std::size_t pushed,
                              std::size_t size) {
  // A frame that crosses the end of the ring is continued after the end, not at the beginning. The
  // bytes that it replaces there remain unused, so each frame is in one block. Memory that is never
  // written to costs nothing.
  if (!ring_) ring_ = std::make_unique_for_overwrite<std::byte[]>(2 * capacity_);

  if (masked()) {
    encode_frame(ring_at(pushed), masked_head(head), payload, keys_.next());
  } else {
    encode_frame(ring_at(pushed), head, payload, mask_key{});
  }
  publish(pushed + size);
  return true;
}

std::size_t frame_queue::readable() const noexcept {
  return pushed_.load(std::memory_order_acquire) - cursor_;
}

std::size_t frame_queue::readable_before(std::size_t position) const noexcept {
  const std::size_t ahead = position - cursor_;
  return ahead <= readable() ? ahead : 0;  // the cursor has passed that position
}

frame_queue::run frame_queue::take_messages(std::size_t most) noexcept {
  const std::size_t queued = readable();
  if (queued == 0) return {};
  const std::byte* const begin = ring_at(cursor_);
  const auto before_end = static_cast<std::size_t>(ring_.get() + capacity_ - begin);
  run taken;
  std::size_t size = 0;
  // The last frame may cross the end of the ring.
  while (size < queued && size < before_end && is_whole_message(begin + size)) {
    fetch_ahead(begin + size);
    const std::size_t next = size + layout::size_at(begin + size);
    if (next > most) break;
    size = next;
    ++taken.frames;
  }
  taken.bytes = {begin, size};
  taken.at_end = size >= before_end;
  cursor_ += size;
  return taken;
}

bool frame_queue::peek(frame& next, std::size_t ahead) const noexcept {
  if (readable() <= ahead) return false;
  const std::byte* const begin = ring_at(cursor_ + ahead);
  read_header(begin, next.head);
  next.bytes = {begin, size_of(next.head)};
  return true;
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

std::size_t frame_queue::whole_frames(std::size_t count) const noexcept {
  const std::size_t released = released_.load(std::memory_order_relaxed);
  std::size_t size = 0;
  frame_head head;
  while (size < count) {
    read_header(ring_at(released + size), head);
    if (size_of(head) > count - size) break;
    size += size_of(head);
  }
  return size;
}

void frame_queue::rewind(mask_key_source& keys) {
  const std::size_t passed = std::exchange(cursor_, released_.load(std::memory_order_relaxed));
  if (!masked()) return;
  for (std::size_t at = cursor_; at != passed; at += layout::size_at(ring_at(at)))
    change_key(ring_at(at), keys.next());
}

}  // namespace wsx::protocol
