#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/frame_encoder.hpp>
#include <wsx/protocol/mask.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace wsx::protocol {

/// Whether frames are queued in their form on the wire, or unmasked, so that they can still be
/// compressed.
enum class payloads : std::uint8_t { masked, unmasked };

/// A lock-free queue of frames from one producer thread to one consumer thread. It is a ring of
/// bytes that holds frames in wire layout. Each frame is in one block, so that masked ones can be
/// written directly from the ring. Unmasked frames have a key of zeros, and their RSV1 says whether
/// they may be compressed.
///
/// The consumer reads further than it frees. Reading moves a cursor, `release` frees bytes before
/// the cursor, and `rewind` moves the cursor back to the first byte that is not freed. A frame can
/// thus be sent again as a whole if a connection breaks in the middle of it.
///
/// Memory: the ring is allocated at the first push.
class frame_queue {
 public:
  /// `capacity` is in bytes, at least 256, rounded up to a power of two.
  WSX_API explicit frame_queue(std::size_t capacity, payloads form = payloads::masked);
  WSX_API ~frame_queue();
  frame_queue(const frame_queue&) = delete;
  frame_queue& operator=(const frame_queue&) = delete;

  std::size_t capacity() const noexcept { return capacity_; }
  bool masked() const noexcept { return form_ == payloads::masked; }

  // The producer's side.

  /// Queues one frame, head and payload, or returns false if there is not enough space.
  /// `head.length` is ignored: the payload has it. Throws `std::bad_alloc`, and `std::system_error`
  /// if there are no random numbers for the masking key.
  WSX_API bool try_push(const frame_head& head, bytes_view payload);

  // An inline version, for code that includes the library's frame_queue_push.hpp.
  inline bool try_push_inline(const frame_head& head, bytes_view payload);

  /// Returns the number of bytes ever pushed, a counter that wraps around.
  std::size_t pushed() const noexcept { return pushed_.load(std::memory_order_relaxed); }

  /// Returns whether the empty ring has space for a frame with a payload of `length` bytes.
  bool can_ever_hold(std::size_t length) const noexcept {
    return length < capacity_ && frame_size(length) <= capacity_;
  }

  // The consumer's side.

  /// Returns the number of bytes queued after the cursor, which are whole frames.
  WSX_API std::size_t readable() const noexcept;

  /// Returns how many of these were queued when `pushed` was `position`.
  WSX_API std::size_t readable_before(std::size_t position) const noexcept;

  /// Frames in one block, as they were queued.
  struct run {
    bytes_view bytes{};
    std::size_t frames = 0;
    bool at_end = false;  ///< of the ring: the next frame is not behind these
  };

  /// Takes the next frames without copying them: as many as are in one block and within `most`
  /// bytes, up to the first that is part of a message in fragments. Moves the cursor past them.
  /// They stay in the ring until they are released.
  WSX_API run take_messages(std::size_t most) noexcept;

  /// A frame in the ring: its header and its payload.
  struct frame {
    frame_head head{};
    bytes_view bytes{};

    bytes_view payload() const noexcept { return bytes.subspan(header_size(head.length)); }
  };

  /// Reads the frame that begins `ahead` bytes after the cursor; returns false if the queue ends
  /// there.
  WSX_API bool peek(frame& next, std::size_t ahead = 0) const noexcept;

  /// Moves the cursor past `count` bytes, which are whole frames.
  WSX_API void skip(std::size_t count) noexcept;

  /// Frees the first `count` bytes that the cursor has passed since the last `release`.
  WSX_API void release(std::size_t count) noexcept;

  /// Returns the number of bytes that the cursor has passed and `release` has not freed.
  WSX_API std::size_t unreleased() const noexcept;

  /// Returns the size of the whole frames among the first `count` of those bytes.
  WSX_API std::size_t whole_frames(std::size_t count) const noexcept;

  /// Moves the cursor back to the first byte that is not freed. The frames that it had passed may
  /// have been written, in whole or in part. Each gets a fresh masking key. RFC 6455 5.3.
  WSX_API void rewind(mask_key_source& keys);

 private:
  static constexpr std::size_t line =
      64;  // keeps the counters of the two sides on different cache lines

  inline bool has_room(std::size_t pushed, std::size_t size) noexcept;
  inline bool is_quick(bytes_view payload, mask_key& key) noexcept;
  static inline frame_head masked_head(const frame_head& head) noexcept;
  bool push_slowly(const frame_head& head, bytes_view payload, std::size_t pushed,
                   std::size_t size);
  inline void publish(std::size_t pushed) noexcept;
  inline std::byte* ring_at(std::size_t position) const noexcept;

  const std::size_t capacity_;
  const payloads form_;
  std::unique_ptr<std::byte[]> ring_;  // written by the producer before the first publication

  alignas(line) std::atomic<std::size_t> pushed_{0};  // bytes ever pushed: the producer's
  std::size_t released_seen_ = 0;                     // the producer's copy of released_
  mask_key_source keys_;                              // the producer's, for masked frames

  alignas(line) std::atomic<std::size_t> released_{0};  // bytes ever freed: the consumer's
  std::size_t cursor_ = 0;                              // bytes ever read
};

}  // namespace wsx::protocol
