#pragma once

#include <wsx/bytes.hpp>
#include <wsx/protocol/frame_encoder.hpp>
#include <wsx/protocol/frame_queue.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace wsx::protocol {

/// Where one producer's frames come from: its queue, and behind it at most one frame that did not
/// fit there and that the producer waits for. The outbox takes from it.
struct frame_source {
  explicit frame_source(std::size_t queue_size, payloads form = payloads::masked)
      : queue(queue_size, form) {}

  /// A frame whose payload stays with its producer until it has been written.
  struct waiting_frame {
    frame_head head;
    bytes_view payload;
    bool begun = false;  ///< part of it is in a batch
  };

  frame_queue queue;

  // The rest is the consumer's.
  std::optional<waiting_frame> waiting{};
  std::uint64_t written =
      0;  ///< whole frames ever written, in bytes of the queue, waiting ones included

  /// Whether there is nothing left to encode.
  bool empty() const noexcept { return queue.readable() == 0 && !waiting; }

  /// Whether what is being encoded is not from the queue any more.
  bool waiting_begun() const noexcept { return waiting && waiting->begun; }

  /// The frames that were accepted and not yet written whole, in bytes of the queue.
  std::uint64_t outstanding() const noexcept {
    const std::uint64_t behind = waiting ? frame_size(waiting->payload.size()) : 0;
    return queue.readable() + queue.unreleased() + behind;
  }
};

}  // namespace wsx::protocol
