#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/frame.hpp>
#include <wsx/memory/byte_buffer.hpp>
#include <wsx/memory/pooled_bytes.hpp>
#include <wsx/protocol/close_payload.hpp>
#include <wsx/protocol/frame_deflater.hpp>
#include <wsx/protocol/frame_encoder.hpp>
#include <wsx/protocol/frame_source.hpp>
#include <wsx/protocol/frame_sources.hpp>
#include <wsx/protocol/frame_writer.hpp>
#include <wsx/protocol/outgoing_batch.hpp>
#include <wsx/protocol/pong_queue.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace wsx::protocol {

/// What a Close frame is sent after.
enum class close_order : std::uint8_t {
  after_queues,   ///< everything staged and queued: this side closes
  after_replies,  ///< what callbacks have staged: nothing else is useful to the server any more
};

/// Decides what is written next.
///
/// Frames come from three places: control frames, which go first; frames staged by callbacks, which
/// are encoded at once; and the queues of the `frame_sources`. They are written in batches, as many
/// bytes as one write can take. A control frame waits for the current batch, and for the rest of a
/// frame that is larger than it. A frame is never interrupted, and a message in fragments only by
/// control frames (RFC 6455 5.4). Within a message that was divided here, control frames wait for a
/// time: some servers then forget that the message is compressed.
///
/// A queued frame is freed when it has been written whole. A frame that was cut by the end of a
/// connection is sent again from its beginning, with a fresh masking key. Frames that callbacks
/// staged belong to their connection and are dropped.
class outbox {
 public:
  using clock = frame_writer::clock;

  /// The maximum size of a batch, not counting staged frames and a larger queued frame.
  static constexpr std::size_t batch_size = outgoing_batch::usual_size;

  /// The upper bound of `max_unsent`.
  static constexpr std::size_t most_staged = std::size_t{1} << 31;

  /// The most bytes that are staged for one batch, whose offsets have 32 bits. Some are left for
  /// what precedes them, and for data that grows when compressed.
  static constexpr std::size_t most_at_once = std::size_t{7} << 29;

  /// Nothing is staged while `max_unsent` bytes or more are unsent.
  explicit outbox(std::size_t max_unsent)
      : max_unsent_(static_cast<std::uint32_t>(std::min(max_unsent, most_staged))) {}

  /// The connection compresses. Called before anything is staged.
  void compress(const frame_deflater::settings& s) { writer_.compress(s); }

  // What the connection itself sends. Payloads and order have been checked.

  /// Stages a frame after those staged before. Returns false and changes nothing if the limit of
  /// unsent bytes is reached, or if no batch could hold the frame. The last frame may exceed the
  /// limit, since every callback must be able to reply.
  WSX_API bool stage(const frame_head& head, bytes_view payload);

  /// Sends a pong after those that wait.
  void add_pong(bytes_view payload) { pongs_.push(payload); }

  /// Sends a ping in place of one that still waits.
  WSX_API void set_ping(bytes_view payload);

  /// Sends Close as the last frame. RFC 6455 5.5.1: nothing is sent after it.
  ///
  /// With `after_replies` it goes after the frame that is being written, the control frames that
  /// wait and the staged frames. The current batch keeps its next `committed` bytes, which the
  /// transport must be given. Queued frames after these are withdrawn, and so is a Close after
  /// them. If a producer's message is unfinished on the wire, staged frames are dropped, since only
  /// the rest of that message could follow.
  ///
  /// Returns false and changes nothing if a Close is in a batch and can't be withdrawn, or if one
  /// waits that this one would have to follow.
  WSX_API bool set_close(const close_payload& close, close_order order, std::size_t committed = 0);

  /// Returns the bytes that are staged and not written, including a whole batch that is being
  /// written.
  std::size_t unsent_bytes() const noexcept { return staged_.bytes.size() + staged_.in_batch; }

  /// Returns whether no producer has anything to send.
  bool quiet() const noexcept { return sources_.quiet(); }

  /// Returns whether a ping has been written whole since the last call.
  bool take_ping_written() noexcept { return std::exchange(ping_written_, false); }

  // Producers.

  void attach(std::shared_ptr<frame_source> source) { sources_.attach(std::move(source)); }
  /// Removes a producer. Returns whether it has left a message unfinished on this connection: then
  /// only a Close can follow.
  bool detach(const frame_source* source) { return sources_.detach(source); }
  const std::vector<std::shared_ptr<frame_source>>& sources() const noexcept {
    return sources_.sources();
  }

  /// Returns whether no message is unfinished on the wire, and nothing that callbacks staged waits.
  bool between_messages() const noexcept {
    return batch_.empty() && staged_.bytes.empty() && !writer_.within_payload() &&
           batch_.message_of() == nullptr;
  }

  /// Whether producers may begin no further message. They finish what they have begun.
  void hold_producers(bool hold) noexcept { held_ = hold; }

  /// Takes the producers of another outbox, which is `between_messages`, and its counts. What they
  /// have queued is sent here.
  WSX_API void take_producers(outbox& from) noexcept;

  /// Adds the counts of another outbox, which is `between_messages` or has been reset, to its own.
  WSX_API void take_counts(outbox& from) noexcept;

  // Writing.

  /// Returns the bytes to write next: empty if there is nothing to send, or if it is `compressing`.
  /// It returns the same view, without what was `wrote`, until the batch has been written.
  WSX_API bytes_view batch();

  /// Returns the batch that is being written.
  const outgoing_batch& writing() const noexcept { return batch_; }

  /// Counts `count` bytes of the batch as written.
  WSX_API void wrote(std::size_t count);

  /// After an empty `batch`: returns whether the next one continues a message that is being
  /// compressed.
  bool compressing() const noexcept { return writer_.within_payload() && batch_.empty(); }

  /// Returns whether the wire is within a message that was divided here.
  bool within_divided_message() const noexcept { return writer_.within_divided_message(); }

  /// To be called while `within_divided_message`. Once that has lasted for `most`, control frames
  /// may go between the frames of the message.
  void bound_divided_message(clock::time_point now, clock::duration most) noexcept {
    writer_.bound_divided_message(now, most);
  }

  /// Returns whether the Close frame has been written.
  bool close_written() const noexcept { return closed_ && batch_.empty(); }

  /// The bytes ever staged and ever written, to wait until all of them are.
  std::uint64_t staged_total() const noexcept { return staged_.total; }
  std::uint64_t staged_written() const noexcept { return staged_.written; }

  std::uint64_t frames_encoded() const noexcept { return batch_.frames(); }

  /// Counts a frame that could not be staged because there was no connection.
  void drop_reply() noexcept { ++staged_.dropped; }

  /// Returns the number of staged frames that were dropped, including those.
  std::uint64_t staged_dropped() const noexcept { return staged_.dropped; }

  /// The connection has ended: frees the frames of the batch that were written whole.
  WSX_API void count_written() noexcept;

  /// Prepares for the next connection. `drop` also empties the producers' queues. What a producer
  /// queues then is dropped until it has seen connection `next`. Throws `std::system_error` if
  /// there are no random numbers for masking keys.
  WSX_API void reset(bool drop, std::uint32_t next = 0);

  /// Releases memory while there is nothing to send.
  WSX_API void release_memory() noexcept;

 private:
  // Frames that callbacks sent. All counts except `dropped` are in bytes.
  struct staged_frames {
    memory::byte_buffer bytes;  // in their form on the wire or, if that compresses, unmasked
    bool open = false;          // the last frame leaves its message unfinished
    std::uint32_t frames = 0;
    std::size_t in_batch = 0;
    std::uint64_t total = 0;
    std::uint64_t written = 0;
    std::uint64_t dropped = 0;  // a number of frames
  };

  void fill();
  void fill_control();
  void fill_end();
  void fill_close();
  void fill_staged();
  bool may_interrupt() const noexcept;
  bool unfinished() const noexcept;
  void take_back(std::size_t committed) noexcept;
  void drop_staged() noexcept;
  void end_batch() noexcept;

  outgoing_batch batch_;
  frame_writer writer_{batch_};
  frame_sources sources_{writer_};

  staged_frames staged_;
  std::uint32_t max_unsent_;

  bool held_ = false;
  bool ping_written_ = false;
  bool closed_ = false;  // Close is in the batch or beyond
  close_order order_ = close_order::after_queues;
  std::unique_ptr<const memory::pooled_bytes> ping_{};
  pong_queue pongs_;

  std::unique_ptr<const close_payload> close_{};
};

}  // namespace wsx::protocol
