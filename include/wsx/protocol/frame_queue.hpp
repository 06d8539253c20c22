#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/frame_encoder.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>

namespace wsx::protocol {

/// A lock-free queue of frames from one producer thread to one consumer thread: a ring of bytes
/// that holds frames, each as a head of 8 bytes and its payload.
///
/// The consumer reads ahead of what it frees: what reads moves a cursor, `release` frees bytes that
/// the cursor has passed, `rewind` moves the cursor back to the first byte not yet freed. So a
/// frame can be sent again whole after a connection broke in its middle.
///
/// Memory: the ring is allocated at the first push.
class frame_queue {
 public:
  /// `capacity` bytes, rounded up to a power of two, at least 256.
  WSX_API explicit frame_queue(std::size_t capacity);
  WSX_API ~frame_queue();
  frame_queue(const frame_queue&) = delete;
  frame_queue& operator=(const frame_queue&) = delete;

  std::size_t capacity() const noexcept { return capacity_; }

  /// The bytes that a frame with a payload of `length` bytes takes in a queue.
  static constexpr std::uint64_t size_of(std::uint64_t length) noexcept {
    return head_size + length;
  }

  // The producer's side.

  /// Queues one frame, head and payload, or returns false if there is no room for all of it.
  /// `head.length` is taken from the payload.
  WSX_API bool try_push(frame_head head, bytes_view payload);

  /// Whether a frame with a payload of `length` bytes fits into the ring at all.
  bool can_ever_hold(std::size_t length) const noexcept { return length <= capacity_ - head_size; }

  // The consumer's side.

  /// Bytes queued beyond the read cursor.
  WSX_API std::size_t readable() const noexcept;

  /// What `encode_messages` did.
  struct encoded {
    std::size_t frames = 0;
    std::size_t bytes = 0;  ///< of the target
    std::size_t taken = 0;  ///< of the queue
  };

  /// Writes the next frames to `target` as they go to the wire, whole and each with a key of its
  /// own, and moves the cursor: as many as there is room for, and none from the first on that is
  /// part of a message in fragments. The cursor is at a frame's beginning.
  WSX_API encoded encode_messages(std::span<std::byte> target, mask_key_source& keys);

  /// Copies the head of the next frame out; false if the cursor is at the queue's end. The cursor
  /// is at a frame's beginning, and stays there. Frames appear whole: where a head can be read, all
  /// of its payload can.
  WSX_API bool peek_head(frame_head& head) noexcept;

  /// The same, and moves the cursor behind the head.
  WSX_API bool read_head(frame_head& head) noexcept;

  /// Copies `target.size()` payload bytes to `target`, masked with `key` as bytes from `offset`
  /// on of their payload, and moves the cursor. At least as many are `readable()`.
  WSX_API void read_masked(std::span<std::byte> target, mask_key key,
                           std::uint64_t offset) noexcept;

  /// The next payload bytes, in place and unmasked: `most`, or as many as lie in one piece; moves
  /// the cursor. At least `most` are `readable()`. They stay until they are released.
  WSX_API bytes_view read_in_place(std::size_t most) noexcept;

  /// Moves the cursor over `count` bytes without reading them.
  WSX_API void skip(std::size_t count) noexcept;

  /// Frees the first `count` bytes of what the cursor has passed since the last `release`.
  WSX_API void release(std::size_t count) noexcept;

  /// Bytes that the cursor has passed and `release` not freed.
  WSX_API std::size_t unreleased() const noexcept;

  /// Moves the cursor back to the first byte not freed.
  WSX_API void rewind() noexcept;

 private:
  static constexpr std::size_t head_size = sizeof(std::uint64_t);
  static constexpr std::size_t line = 64;  // keeps the two sides' counters on lines of their own

  bool has_room(std::size_t pushed, std::size_t size) noexcept;
  std::byte* ring_at(std::size_t position) const noexcept;
  std::size_t before_wrap(std::size_t position, std::size_t count) const noexcept;
  void put_head(std::size_t position, const frame_head& head) noexcept;
  void get_head(std::size_t position, frame_head& head) const noexcept;
  void copy_in(std::size_t position, bytes_view bytes) noexcept;
  void copy_out(std::size_t position, std::span<std::byte> target) const noexcept;

  const std::size_t capacity_;
  std::unique_ptr<std::byte[]> ring_;  // written by the producer before the first publication

  alignas(line) std::atomic<std::size_t> pushed_{0};  // bytes ever pushed: the producer's
  std::size_t released_seen_ = 0;                     // the producer's copy of released_

  alignas(line) std::atomic<std::size_t> released_{0};  // bytes ever freed: the consumer's
  std::size_t cursor_ = 0;                              // bytes ever read
  mutable std::size_t pushed_seen_ = 0;                 // the consumer's copy of pushed_
};

}  // namespace wsx::protocol
