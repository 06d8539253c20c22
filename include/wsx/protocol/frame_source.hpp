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

/// Where one producer's frames come from: its queue, and behind it at most one frame that did not
/// fit there and that the producer waits for. The outbox takes from it.
///
/// A position is a count of bytes: those of all frames that the producer ever handed over, in wire
/// layout, up to there.
struct frame_source {
  explicit frame_source(std::size_t queue_size, payloads form = payloads::masked)
      : queue(queue_size, form) {}

  /// A frame whose payload stays in place until it has been written: with its producer, unless
  /// `copy` is what it lies in.
  struct waiting_frame {
    frame_head head;
    bytes_view payload;
    bool begun = false;  ///< part of it is in a batch
    std::vector<std::byte> copy{};
  };

  /// Positions from `begin` up to, not including, `end`.
  struct range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };

  frame_queue queue;

  // What the two sides tell each other.

  /// A message of the producer that began before this position, and is not finished yet, is cut:
  /// its connection broke. RFC 6455 5.4 knows no way to go on with it on another one.
  std::atomic<std::size_t> cut_before{0};
  /// The connection that the producer has seen last, and what it had queued by then.
  std::atomic<std::uint32_t> connection{0};
  std::atomic<std::size_t> queued_before{0};

  // The rest is the consumer's.
  std::optional<waiting_frame> waiting{};
  std::uint64_t written = 0;     ///< the position behind the last frame that was written or dropped
  range dropped{};               ///< the latest that were dropped, or have to be
  bool waiting_dropped = false;  ///< the frame that waited, too, and nobody has been told yet
  bool stale = false;  ///< what the producer queued before it saw this connection is dropped

  /// Whether there is nothing left to encode.
  bool empty() const noexcept { return queue.readable() == 0 && !waiting; }

  /// The frames that were accepted and not yet written whole, in bytes of the queue.
  std::uint64_t outstanding() const noexcept {
    const std::uint64_t behind = waiting ? frame_size(waiting->payload.size()) : 0;
    return queue.readable() + queue.unreleased() + behind;
  }

  /// The next frames, `size` bytes of them, have been written. Queued ones always are before the
  /// one that waits behind them.
  WSX_API void free(std::uint64_t size) noexcept;

  /// The next frames, `size` bytes of them, are dropped. The cursor has passed them.
  WSX_API void drop(std::uint64_t size) noexcept;

  /// The same for the frame that waits: it then counts as never handed over.
  WSX_API void drop_waiting() noexcept;

  /// Drops all that is queued.
  WSX_API void clear() noexcept;

  /// Drops what the producer queued before it saw `current`, as far as it is here.
  WSX_API void drop_stale(std::uint32_t current) noexcept;

  /// The connection has ended: what was not freed is to be sent again, each frame with a fresh
  /// masking key. Throws as `mask_key_source::next` does.
  WSX_API void rewind(mask_key_source& keys);

  /// Behind `rewind`: whether the message that comes next lacks its beginning, which was freed.
  /// Where nothing is left, `open` says whether one was under way. Notes what has to be dropped of
  /// it, and drops the frame that waits if that belongs to it.
  WSX_API void note_cut(bool open) noexcept;

  /// Whether anything between these positions was, or has to be, dropped.
  WSX_API bool lost_within(std::uint64_t from, std::uint64_t until) const noexcept;
};

}  // namespace wsx::protocol
