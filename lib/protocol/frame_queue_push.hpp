#pragma once

#include "frame_layout.hpp"

#include <wsx/protocol/frame_queue.hpp>

// Inline functions that are called for each frame. A call would be too expensive here, even the one
// from the client's `try_send`.

namespace wsx::protocol {

inline std::byte* frame_queue::ring_at(std::size_t position) const noexcept {
  return ring_.get() + (position & (capacity_ - 1));
}

// Reads the consumer's counter, which costs a cache miss, only if its copy says that the ring is
// full.
inline bool frame_queue::has_room(std::size_t pushed, std::size_t size) noexcept {
  if (capacity_ - (pushed - released_seen_) >= size) return true;
  released_seen_ = released_.load(std::memory_order_acquire);
  return capacity_ - (pushed - released_seen_) >= size;
}

[[gnu::always_inline]] inline bool frame_queue::try_push_inline(const frame_head& head,
                                                                bytes_view payload) {
  const auto size = static_cast<std::size_t>(frame_size(payload.size()));
  const std::size_t pushed = pushed_.load(std::memory_order_relaxed);
  if (!has_room(pushed, size)) return false;
  mask_key key;
  if (is_quick(payload, key)) [[likely]] {
    layout::put_short_frame(ring_at(pushed), masked_head(head), payload, key);
    publish(pushed + size);
    return true;
  }
  return push_slowly(head, payload, pushed, size);
}

// Returns whether the frame can be pushed without calling a function, so that hardly any registers
// have to be saved. If there are keys, frames are masked and the ring exists.
inline bool frame_queue::is_quick(bytes_view payload, mask_key& key) noexcept {
  return payload.size() < layout::worth_a_call && keys_.take(key);
}

// Returns the head on the wire: a masked payload can't be compressed any more.
inline frame_head frame_queue::masked_head(const frame_head& head) noexcept {
  return {.op = head.op, .fin = head.fin};
}

// Publishes the bytes before `pushed`, and `ring_`.
inline void frame_queue::publish(std::size_t pushed) noexcept {
  pushed_.store(pushed, std::memory_order_release);
}

}  // namespace wsx::protocol
