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

/// What a Close frame goes behind.
enum class close_order : std::uint8_t {
  after_queues,   ///< everything staged and queued: this side closes
  after_replies,  ///< what callbacks have staged: nothing else is of use to the server any more
};

/// Decides what goes over the wire next.
///
/// Frames come from three places: control frames, which go first; frames staged by callbacks,
/// which are encoded at once; and the queues of the `frame_sources`. They leave in batches, as many
/// bytes as one write can take; a control frame waits for the batch that is being written, and for
/// the rest of a frame that goes on beyond it. A frame is never interrupted, and a message sent in
/// fragments is interrupted by control frames only (RFC 6455 5.4). None goes between the frames of
/// a message that was divided here, unless that has taken long: there are servers that forget at a
/// control frame that a message is compressed.
///
/// A queued frame is freed when it has been written whole. What a broken connection cut goes out
/// again from its beginning, with fresh masking keys; what callbacks staged belongs to its
/// connection and is dropped.
class outbox {
 public:
  using clock = frame_writer::clock;

  /// The most bytes of a batch, staged ones and a larger queued frame aside.
  static constexpr std::size_t batch_size = outgoing_batch::usual_size;

  /// The highest bound of unsent bytes, whatever is asked for.
  static constexpr std::size_t most_staged = std::size_t{1} << 31;

  /// The most bytes that are staged for one batch, whose offsets have 32 bits: some are left for
  /// what goes before, and for what becomes larger when it is compressed.
  static constexpr std::size_t most_at_once = std::size_t{7} << 29;

  /// Nothing is staged while `max_unsent` bytes or more are unsent.
  explicit outbox(std::size_t max_unsent)
      : max_unsent_(static_cast<std::uint32_t>(std::min(max_unsent, most_staged))) {}

  /// Before anything is staged on a connection: that it compresses.
  void compress(const frame_deflater::settings& s) { writer_.compress(s); }

  // What the connection itself sends. Payloads and orders have been checked.

  /// Puts a frame behind what is staged. False, and nothing changes, if the bound of unsent bytes
  /// is reached; the last frame before may exceed it, since a callback that was called has to be
  /// able to reply. False as well if no batch could hold the frame.
  WSX_API bool stage(const frame_head& head, bytes_view payload);

  /// Sends a pong behind those that wait.
  void add_pong(bytes_view payload) { pongs_.push(payload); }

  /// Sends a ping; one that still waits is replaced.
  WSX_API void set_ping(bytes_view payload);

  /// Sends Close as the last frame. RFC 6455 5.5.1: nothing is sent after it.
  ///
  /// `after_replies` goes behind the frame that is being written, the control frames that wait and
  /// what is staged. A batch that was made keeps its next `committed` bytes, which the transport
  /// has to be given; queued frames behind these are taken back, and so is a Close that was to go
  /// behind them. If a producer's message is unfinished on the wire, staged frames are dropped: no
  /// data but the rest of that message could follow.
  ///
  /// False, and nothing changes, if a Close is in a batch already and can't be taken back, or if
  /// one waits that this one would have to go behind.
  WSX_API bool set_close(const close_payload& close, close_order order, std::size_t committed = 0);

  /// What is staged and not written: of a batch that is being written all counts.
  std::size_t unsent_bytes() const noexcept { return staged_.bytes.size() + staged_.in_batch; }

  /// Whether no producer has anything to send.
  bool quiet() const noexcept { return sources_.quiet(); }

  /// Whether a ping has been written whole since this was asked last.
  bool take_ping_written() noexcept { return std::exchange(ping_written_, false); }

  // Producers.

  void attach(std::shared_ptr<frame_source> source) { sources_.attach(std::move(source)); }
  /// Forgets a producer. True if it has left a message unfinished on this connection: only a Close
  /// can follow then.
  bool detach(const frame_source* source) { return sources_.detach(source); }
  const std::vector<std::shared_ptr<frame_source>>& sources() const noexcept {
    return sources_.sources();
  }

  // Writing.

  /// The bytes to write next; empty if there is nothing to send, or if it is `compressing`. The
  /// same view, less what was `wrote`, until the batch is through.
  WSX_API bytes_view batch();

  /// Counts `count` bytes of the batch as written.
  WSX_API void wrote(std::size_t count);

  /// Behind a `batch` that was empty: whether the next one goes on with a message that is being
  /// compressed.
  bool compressing() const noexcept { return writer_.within_payload() && batch_.empty(); }

  /// Whether the wire is within a message that was divided here.
  bool within_divided_message() const noexcept { return writer_.within_divided_message(); }

  /// To be told the time while `within_divided_message`: once that has lasted for `most`, control
  /// frames may go between the frames of the message.
  void bound_divided_message(clock::time_point now, clock::duration most) noexcept {
    writer_.bound_divided_message(now, most);
  }

  /// Whether the Close frame has been written.
  bool close_written() const noexcept { return closed_ && batch_.empty(); }

  /// Staged bytes ever accepted and ever written; for whoever waits until they are through.
  std::uint64_t staged_total() const noexcept { return staged_.total; }
  std::uint64_t staged_written() const noexcept { return staged_.written; }

  std::uint64_t frames_encoded() const noexcept { return batch_.frames(); }

  /// A frame that would have been staged had no connection to go to.
  void drop_reply() noexcept { ++staged_.dropped; }

  /// Staged frames ever dropped, and those.
  std::uint64_t staged_dropped() const noexcept { return staged_.dropped; }

  /// The connection has ended: frees what was written whole of a batch that was not.
  WSX_API void count_written() noexcept;

  /// Starts over for the next connection. `drop` also empties the producers' queues: of what they
  /// still queue, only that counts which they queue after they have seen connection `next`. Throws
  /// `std::system_error` if there are no random numbers for masking keys.
  WSX_API void reset(bool drop, std::uint32_t next = 0);

  /// Gives back memory while there is nothing to send.
  WSX_API void release_memory() noexcept;

 private:
  // What callbacks sent. The counts are of bytes, but for `dropped`.
  struct staged_frames {
    memory::byte_buffer bytes;  // as they go to the wire or, if that compresses, unmasked
    bool open = false;          // the last frame leaves its message unfinished
    std::uint32_t frames = 0;
    std::size_t in_batch = 0;
    std::uint64_t total = 0;
    std::uint64_t written = 0;
    std::uint64_t dropped = 0;  // frames
  };

  void fill();
  void fill_control();
  void fill_end();
  void fill_close();
  void fill_staged();
  bool may_interrupt() const noexcept;
  bool unfinished() const noexcept;
  bool drained() const noexcept { return staged_.bytes.empty() && quiet(); }
  void take_back(std::size_t committed) noexcept;
  void drop_staged() noexcept;
  void end_batch() noexcept;

  outgoing_batch batch_;
  frame_writer writer_{batch_};
  frame_sources sources_{writer_};

  staged_frames staged_;
  std::uint32_t max_unsent_;

  bool ping_written_ = false;
  bool closed_ = false;  // Close is in the batch or beyond
  close_order order_ = close_order::after_queues;
  std::unique_ptr<const memory::pooled_bytes> ping_{};
  pong_queue pongs_;

  std::unique_ptr<const close_payload> close_{};
};

}  // namespace wsx::protocol
