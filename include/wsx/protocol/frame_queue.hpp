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

/// Whether frames are queued as they go to the wire, or so that they can still be compressed.
enum class payloads : std::uint8_t { masked, unmasked };

/// A lock-free queue of frames from one producer thread to one consumer thread: a ring of bytes
/// that holds frames in wire layout, each in one piece, so that masked ones can be written from
/// where they lie. Those that are unmasked have a key of zeros, and an RSV1 that says whether they
/// may be compressed.
///
/// The consumer reads ahead of what it frees: what reads moves a cursor, `release` frees bytes that
/// the cursor has passed, `rewind` moves the cursor back to the first byte not yet freed. So a
/// frame can be sent again whole after a connection broke in its middle.
///
/// Memory: the ring is allocated at the first push.
class frame_queue {
 public:
  /// `capacity` bytes, rounded up to a power of two, at least 256.
  WSX_API explicit frame_queue(std::size_t capacity, payloads form = payloads::masked);
  WSX_API ~frame_queue();
  frame_queue(const frame_queue&) = delete;
  frame_queue& operator=(const frame_queue&) = delete;

  std::size_t capacity() const noexcept { return capacity_; }
  bool masked() const noexcept { return form_ == payloads::masked; }

  // The producer's side.

  /// Queues one frame, head and payload, or returns false if there is no room for all of it.
  /// `head.length` is taken from the payload. Throws `std::bad_alloc`, and `std::system_error` if
  /// there are no random numbers for its masking key.
  WSX_API bool try_push(const frame_head& head, bytes_view payload);

  // The same inline, where the library's own frame_queue_push.hpp is included.
  inline bool try_push_inline(const frame_head& head, bytes_view payload);

  /// Bytes ever pushed, by a counter that wraps around.
  std::size_t pushed() const noexcept { return pushed_.load(std::memory_order_relaxed); }

  /// Whether a frame with a payload of `length` bytes fits into the ring at all.
  bool can_ever_hold(std::size_t length) const noexcept {
    return length < capacity_ && frame_size(length) <= capacity_;
  }

  // The consumer's side.

  /// Bytes queued beyond the cursor: whole frames.
  WSX_API std::size_t readable() const noexcept;

  /// Those of them that were queued when `pushed` was `position`.
  WSX_API std::size_t readable_before(std::size_t position) const noexcept;

  /// Frames in one piece, as they were queued.
  struct run {
    bytes_view bytes{};
    std::size_t frames = 0;
    bool at_end = false;  ///< of the ring: the next frame does not lie behind them
  };

  /// Takes the next frames, in place: as many as lie in one piece and within `most` bytes, and none
  /// from the first on that is part of a message in fragments. Moves the cursor behind them. They
  /// stay until they are released.
  WSX_API run take_messages(std::size_t most) noexcept;

  /// A frame in place: its header and its payload.
  struct frame {
    frame_head head{};
    bytes_view bytes{};

    bytes_view payload() const noexcept { return bytes.subspan(header_size(head.length)); }
  };

  /// Looks at the frame that begins `ahead` bytes beyond the cursor; false if the queue ends there.
  WSX_API bool peek(frame& next, std::size_t ahead = 0) const noexcept;

  /// Moves the cursor over `count` bytes: over frames.
  WSX_API void skip(std::size_t count) noexcept;

  /// Frees the first `count` bytes of what the cursor has passed since the last `release`.
  WSX_API void release(std::size_t count) noexcept;

  /// Bytes that the cursor has passed and `release` not freed.
  WSX_API std::size_t unreleased() const noexcept;

  /// The bytes of the whole frames among the first `count` of those.
  WSX_API std::size_t whole_frames(std::size_t count) const noexcept;

  /// Moves the cursor back to the first byte not freed. The frames that it had passed may have been
  /// written, in part or, as far as the transport knows, not at all: each gets a fresh masking key.
  /// RFC 6455 5.3.
  WSX_API void rewind(mask_key_source& keys);

 private:
  static constexpr std::size_t line = 64;  // keeps the two sides' counters on lines of their own

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
