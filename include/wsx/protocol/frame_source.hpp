#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/frame_encoder.hpp>
#include <wsx/protocol/frame_queue.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace wsx::protocol {

/// The frames of one producer: its queue, and at most one frame that did not fit there, for which
/// the producer waits. The outbox takes frames from it.
///
/// A position is a number of bytes: the size, in wire layout, of all frames that the producer has
/// handed over up to that point.
struct frame_source {
  explicit frame_source(std::size_t queue_size, payloads form = payloads::masked)
      : queue(queue_size, form) {}

  /// A frame whose payload stays in place until it has been written. The producer owns the payload,
  /// unless it is in `copy`.
  struct waiting_frame {
    frame_head head;
    bytes_view payload;
    bool begun = false;  ///< part of it is in a batch
    std::vector<std::byte> copy{};
  };

  /// The positions from `begin` up to, but not including, `end`.
  struct range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };

  frame_queue queue;

  // State that the two sides share.

  /// An unfinished message of the producer that began before this position is cut, because its
  /// connection broke. RFC 6455 5.4 has no way to continue it on another connection.
  std::atomic<std::size_t> cut_before{0};
  /// The connection that the producer saw last, and what it had queued by then.
  std::atomic<std::uint32_t> connection{0};
  std::atomic<std::size_t> queued_before{0};

  // The consumer's state.
  std::optional<waiting_frame> waiting{};
  std::uint64_t written = 0;  ///< the position after the last frame that was written or dropped
  range dropped{};            ///< the latest frames that were dropped, or will be
  bool waiting_dropped =
      false;           ///< the waiting frame was dropped, and the producer does not know yet
  bool stale = false;  ///< drops what the producer queued before it saw this connection

  /// Returns whether there is nothing left to encode.
  bool empty() const noexcept { return queue.readable() == 0 && !waiting; }

  /// Returns the size of the frames that were accepted and not yet written whole, in bytes of the
  /// queue.
  std::uint64_t outstanding() const noexcept {
    const std::uint64_t behind = waiting ? frame_size(waiting->payload.size()) : 0;
    return queue.readable() + queue.unreleased() + behind;
  }

  /// The next frames, `size` bytes, have been written. Queued frames always precede the waiting
  /// one.
  WSX_API void free(std::uint64_t size) noexcept;

  /// The next frames, `size` bytes, are dropped. The cursor has passed them.
  WSX_API void drop(std::uint64_t size) noexcept;

  /// Drops the waiting frame, which then counts as never handed over.
  WSX_API void drop_waiting() noexcept;

  /// Drops everything that is queued.
  WSX_API void clear() noexcept;

  /// Drops what the producer queued before it saw `current`, as far as it has arrived.
  WSX_API void drop_stale(std::uint32_t current) noexcept;

  /// The connection has ended: what was not freed will be sent again, each frame with a fresh
  /// masking key. Throws as `mask_key_source::next` does.
  WSX_API void rewind(mask_key_source& keys);

  /// After `rewind`: checks whether the beginning of the next message has been freed. If nothing is
  /// left, `open` says whether a message was unfinished. Notes what has to be dropped of that
  /// message, and drops the waiting frame if it belongs to it.
  WSX_API void note_cut(bool open) noexcept;

  /// Returns whether anything between these positions was, or will be, dropped.
  WSX_API bool lost_within(std::uint64_t from, std::uint64_t until) const noexcept;
};

}  // namespace wsx::protocol
