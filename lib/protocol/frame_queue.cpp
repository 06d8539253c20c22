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

// A head in 8 bytes: the length, and above it what else there is.
constexpr int op_shift = 56;
constexpr std::uint64_t fin_bit = std::uint64_t{1} << 60;
constexpr std::uint64_t rsv1_bit = std::uint64_t{1} << 61;

std::uint64_t pack(const frame_head& head) noexcept {
  return head.length | static_cast<std::uint64_t>(head.op) << op_shift | (head.fin ? fin_bit : 0) |
         (head.rsv1 ? rsv1_bit : 0);
}

void unpack(std::uint64_t packed, frame_head& head) noexcept {
  head.op = static_cast<opcode>(packed >> op_shift & 0x0f);
  head.fin = (packed & fin_bit) != 0;
  head.rsv1 = (packed & rsv1_bit) != 0;
  head.length = packed & ((std::uint64_t{1} << op_shift) - 1);
}

}  // namespace

// What is called for each frame, inline: no call is worth its cost here.

inline std::byte* frame_queue::ring_at(std::size_t position) const noexcept {
  return ring_.get() + (position & (capacity_ - 1));
}

inline std::size_t frame_queue::before_wrap(std::size_t position,
                                            std::size_t count) const noexcept {
  return std::min(count, capacity_ - (position & (capacity_ - 1)));
}

// Looks at the consumer's counter, which costs a cache miss, only when the copy of it says full.
inline bool frame_queue::has_room(std::size_t pushed, std::size_t size) noexcept {
  if (capacity_ - (pushed - released_seen_) >= size) return true;
  released_seen_ = released_.load(std::memory_order_acquire);
  return capacity_ - (pushed - released_seen_) >= size;
}

inline void frame_queue::copy_in(std::size_t position, bytes_view bytes) noexcept {
  if (bytes.empty()) return;  // memcpy takes no null, not even for nothing
  const std::size_t first = before_wrap(position, bytes.size());
  std::memcpy(ring_at(position), bytes.data(), first);
  if (first < bytes.size()) {
    std::memcpy(ring_.get(), bytes.data() + first, bytes.size() - first);
  }
}

inline void frame_queue::copy_out(std::size_t position,
                                  std::span<std::byte> target) const noexcept {
  const std::size_t first = before_wrap(position, target.size());
  std::memcpy(target.data(), ring_at(position), first);
  std::memcpy(target.data() + first, ring_.get(), target.size() - first);
}

inline void frame_queue::put_head(std::size_t position, const frame_head& head) noexcept {
  const auto packed = pack(head);
  if (before_wrap(position, head_size) == head_size) {
    std::memcpy(ring_at(position), &packed, head_size);
  } else {
    copy_in(position, std::as_bytes(std::span(&packed, 1)));
  }
}

inline void frame_queue::get_head(std::size_t position, frame_head& head) const noexcept {
  std::uint64_t packed;
  if (before_wrap(position, head_size) == head_size) {
    std::memcpy(&packed, ring_at(position), head_size);
  } else {
    copy_out(position, std::as_writable_bytes(std::span(&packed, 1)));
  }
  unpack(packed, head);
}

// A power of two: a position of the ring is then a counter's low bits, also after the counter
// wrapped around.
frame_queue::frame_queue(std::size_t capacity)
    : capacity_(std::bit_ceil(std::clamp(capacity, least_capacity, most_capacity))) {}

frame_queue::~frame_queue() = default;

bool frame_queue::try_push(frame_head head, bytes_view payload) {
  const auto size = static_cast<std::size_t>(size_of(payload.size()));
  const std::size_t pushed = pushed_.load(std::memory_order_relaxed);
  if (!has_room(pushed, size)) return false;
  if (!ring_) ring_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);

  head.length = payload.size();
  put_head(pushed, head);
  copy_in(pushed + head_size, payload);
  pushed_.store(pushed + size, std::memory_order_release);  // publishes the bytes, and ring_
  return true;
}

std::size_t frame_queue::readable() const noexcept {
  pushed_seen_ = pushed_.load(std::memory_order_acquire);
  return pushed_seen_ - cursor_;
}

frame_queue::encoded frame_queue::encode_messages(std::span<std::byte> target,
                                                  mask_key_source& keys) {
  encoded done;
  frame_head head;
  while (peek_head(head)) {
    const auto size = frame_size(head.length);
    const bool message = head.fin && head.op != opcode::continuation;
    if (!message || size > target.size() - done.bytes) break;
    head.rsv1 = false;
    const mask_key key = keys.next();
    std::byte* const to = target.data() + done.bytes;
    const auto header = write_header(to, head, key);
    cursor_ += head_size;
    read_masked({to + header, static_cast<std::size_t>(head.length)}, key, 0);
    ++done.frames;
    done.bytes += static_cast<std::size_t>(size);
    done.taken += static_cast<std::size_t>(size_of(head.length));
  }
  return done;
}

bool frame_queue::peek_head(frame_head& head) noexcept {
  if (pushed_seen_ == cursor_ && readable() == 0) return false;
  get_head(cursor_, head);
  return true;
}

bool frame_queue::read_head(frame_head& head) noexcept {
  if (!peek_head(head)) return false;
  cursor_ += head_size;
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

}  // namespace wsx::protocol
