#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/frame.hpp>
#include <wsx/protocol/byte_buffer.hpp>
#include <wsx/protocol/close_payload.hpp>
#include <wsx/protocol/frame_deflater.hpp>
#include <wsx/protocol/frame_encoder.hpp>
#include <wsx/protocol/frame_source.hpp>
#include <wsx/protocol/mask.hpp>
#include <wsx/protocol/recycled_bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace wsx::protocol {

/// Decides what goes over the wire next, and makes the bytes.
///
/// Frames come from three places: control frames, which go first; frames staged by callbacks,
/// which are encoded at once; and the queues of the producers. They leave in batches, as many
/// bytes as one write can take; a control frame waits for the batch that is being written, and for
/// the rest of a frame that goes on beyond it. A frame is never interrupted, and a message sent in
/// fragments is interrupted by control frames only (RFC 6455 5.4).
///
/// Queues whose frames are masked are written from where the frames lie, unless they are short and
/// something else goes along. What is to be compressed is compressed here, in the order of the
/// wire. A large payload becomes several frames then, and control frames may go between them.
///
/// A queued frame is freed when it has been written whole. What a broken connection cut goes out
/// again from its beginning; what callbacks staged belongs to its connection and is dropped.
class outbox {
 public:
  /// The most bytes of a batch, staged ones and a larger queued frame aside. More would not fit a
  /// core's second-level cache.
  static constexpr std::size_t batch_size = 256 * 1024;

  explicit outbox(std::size_t max_staged) : max_staged_(max_staged) {}

  /// Before anything is staged on a connection: that it compresses.
  void compress(const frame_deflater::settings& s) {
    deflater_ = std::make_unique<frame_deflater>(s);
  }

  // What the connection itself sends. Payloads and orders have been checked.

  /// Puts a frame behind what is staged; false if that would exceed the bound.
  WSX_API bool stage(const frame_head& head, bytes_view payload);

  /// Sends a pong; one that still waits is replaced. RFC 6455 5.5.3 allows to answer only the
  /// latest ping.
  WSX_API void set_pong(bytes_view payload);

  /// Sends a ping; one that still waits is replaced.
  WSX_API void set_ping(bytes_view payload);

  /// Sends Close, as the last frame: after everything staged and queued if `drain`, otherwise
  /// before any more of it, behind the batch and the frame that are being written.
  WSX_API void set_close(const close_payload& close, bool drain);

  std::size_t staged_bytes() const noexcept { return staged_.size(); }

  /// Whether no producer has anything to send.
  WSX_API bool quiet() const noexcept;

  /// Whether the last ping still waits.
  bool ping_pending() const noexcept { return ping_.has_value(); }

  // Producers.

  WSX_API void attach(std::shared_ptr<frame_source> source);
  /// Forgets a producer. True if it has left a message unfinished on this connection: only a Close
  /// can follow then.
  WSX_API bool detach(const frame_source* source);
  const std::vector<std::shared_ptr<frame_source>>& sources() const noexcept { return sources_; }

  // Writing.

  /// The bytes to write next; empty if there is nothing to send. The same view, less what was
  /// `wrote`, until the batch is through.
  WSX_API bytes_view batch();

  /// Counts `count` bytes of the batch as written.
  WSX_API void wrote(std::size_t count);

  /// Whether the Close frame has been written.
  bool close_written() const noexcept { return closed_ && current().empty(); }

  /// Staged bytes ever accepted and ever written; for whoever waits until they are through.
  std::uint64_t staged_total() const noexcept { return staged_total_; }
  std::uint64_t staged_written() const noexcept { return staged_written_; }

  std::uint64_t frames_encoded() const noexcept { return frames_encoded_; }

  /// Starts over for the next connection; `drop` also empties the producers' queues.
  WSX_API void reset(bool drop);

  /// Gives back memory while there is nothing to send.
  WSX_API void release_memory() noexcept;

 private:
  // A stretch of the batch that came from one source.
  struct stretch {
    frame_source* source = nullptr;
    std::size_t begin = 0;
    std::size_t end = 0;
    // What its end frees, in bytes of the queue: 0 if more of its frame is to come.
    std::uint64_t frees = 0;
    // Whole frames of the queue, as long there as in the batch.
    bool frames = false;
  };

  // A frame that has to be encoded, and was begun: it may be larger than a batch.
  struct partial_frame {
    frame_source* source = nullptr;
    frame_head head{};
    bytes_view left{};  // of the payload
    bool compressed = false;
    bool queued = false;       // or else it is the one that waits
    mask_key key{};            // unless compressed
    std::uint64_t offset = 0;  // of what is left, in the payload
  };

  // The payload of a control frame that waits to be sent.
  using control_slot = std::optional<recycled_bytes>;

  void fill();
  void fill_control();
  void fill_close();
  void go_on_with_message();
  void fill_staged();
  void fill_queued();
  bool may_begin() const noexcept;
  void fill_from(frame_source& source, bool one_message);
  void put_ready(frame_source& source, bool one_message);
  frame_queue::run next_run(frame_source& source);
  void put_run(frame_source& source, const frame_queue::run& run);
  void put_encoded(frame_source& source, bool one_message);
  bool next_frame(frame_source& source, partial_frame& next);
  bool next_queued(frame_source& source, frame_queue::frame& next, std::size_t most);
  void begin(const partial_frame& frame);
  void resume();
  void go_on(stretch s);
  void go_on_plain();
  void go_on_compressed();
  void note_message(const frame_source& source, const frame_head& head) noexcept;
  void encode_staged();
  void put_compressed(const frame_head& head, bytes_view payload);
  void put_part(const frame_head& head, bytes_view part, bool first, bool last);
  void put(control_slot& slot, opcode op);
  void put_frame(const frame_head& head, bytes_view payload);
  bool drained() const noexcept;
  bool cut_off(const frame_source& source, const frame_head& head) const noexcept;
  void note(const stretch& s);
  void forget_batch() noexcept;
  void free_written();
  void free_frames(frame_source& source, std::uint64_t size);
  void clear(frame_source& source);

  bytes_view current() const noexcept { return in_place_.empty() ? batch_.view() : in_place_; }
  std::size_t room() const noexcept {
    return in_place_.empty() && batch_.size() < batch_size ? batch_size - batch_.size() : 0;
  }

  mask_key_source keys_;
  std::size_t max_staged_;
  std::unique_ptr<frame_deflater> deflater_{};

  byte_buffer staged_;        // as they go to the wire or, if that compresses, unmasked
  bool staged_open_ = false;  // the last staged frame leaves its message unfinished

  control_slot pong_{};
  control_slot ping_{};
  std::unique_ptr<const close_payload> close_{};
  bool drain_ = false;
  bool closed_ = false;  // Close is in the batch or beyond

  std::vector<std::shared_ptr<frame_source>> sources_;
  std::size_t turn_ = 0;              // the source to begin with: each has its turn
  const void* message_of_ = nullptr;  // who is in the middle of a message: a source, or &staged_

  byte_buffer batch_;
  bytes_view in_place_{};    // the batch, if it is written from where it lies in a queue
  std::size_t written_ = 0;  // of the batch
  std::vector<stretch> stretches_;
  std::optional<partial_frame> partial_{};

  std::uint64_t staged_total_ = 0;
  std::uint64_t staged_written_ = 0;
  std::uint64_t staged_in_batch_ = 0;
  std::uint64_t frames_encoded_ = 0;
};

}  // namespace wsx::protocol
