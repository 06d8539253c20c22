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

#include <array>
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
/// What is to be compressed is compressed here, in the order of the wire. A large payload becomes
/// several frames then, and control frames may go between them.
///
/// A queued frame is freed when it has been written whole. What a broken connection cut goes out
/// again from its beginning; what callbacks staged belongs to its connection and is dropped.
class outbox {
 public:
  /// The most bytes of a batch, staged ones aside. More would not fit a core's second-level cache.
  static constexpr std::size_t batch_size = 256 * 1024;

  explicit outbox(std::size_t max_staged) : max_staged_(max_staged) {}

  /// Before anything is staged on a connection: that it compresses.
  void compress(const frame_deflater::settings& s) { deflater_.emplace(s); }

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

  /// Whether the last ping still waits.
  bool ping_pending() const noexcept { return ping_.pending; }

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
  bool close_written() const noexcept { return closed_ && batch_.empty(); }

  /// Staged bytes ever accepted and ever written; for whoever waits until they are through.
  std::uint64_t staged_total() const noexcept { return staged_total_; }
  std::uint64_t staged_written() const noexcept { return staged_written_; }

  std::uint64_t frames_encoded() const noexcept { return frames_encoded_; }

  /// Starts over for the next connection; `drop` also empties the producers' queues.
  WSX_API void reset(bool drop);

  /// Gives back memory while there is nothing to send.
  WSX_API void release_memory() noexcept;

 private:
  // A stretch of the batch that came from one source: frames as they were queued, or compressed
  // what was (part of) one queued frame.
  struct stretch {
    frame_source* source = nullptr;
    std::size_t begin = 0;
    std::size_t end = 0;
    bool compressed = false;
    // What its end frees, in bytes of the queue: the compressed frame that ends there, or all of
    // its frames if they are whole messages of the queue. 0: nothing, or its frames tell.
    std::uint64_t frees = 0;
  };

  // The queued frame that was begun and does not fit its batch.
  struct partial_frame {
    frame_source* source;
    frame_head head;
    mask_key key{};
    bool compressed = false;
    std::uint64_t offset = 0;  // of the payload, so far
  };

  // A control frame that waits to be sent.
  struct control_slot {
    std::array<std::byte, max_control_payload> bytes;
    std::size_t size = 0;
    bool pending = false;
  };

  void fill();
  void fill_control();
  void fill_close();
  void go_on_with_message();
  void fill_staged();
  void fill_queued();
  bool may_begin() const noexcept;
  void fill_from(frame_source& source, bool one_message);
  void put_messages(frame_source& source);
  void begin_frame(frame_source& source, const frame_head& head);
  void begin_compressed(frame_source& source, const frame_head& head);
  void begin(frame_source& source, const frame_head& head);
  void resume();
  void go_on();
  void go_on_compressed();
  bytes_view take_part(partial_frame& frame);
  void encode_staged();
  void put_compressed(const frame_head& head, bytes_view payload);
  void put_part(const frame_head& head, bytes_view part, bool first, bool last);
  void set(control_slot& slot, bytes_view payload) noexcept;
  void put(control_slot& slot, opcode op);
  void put_frame(const frame_head& head, bytes_view payload);
  bool drained() const noexcept;
  bool next_head(frame_source& source, frame_head& head);
  bool cut_off(const frame_source& source, const frame_head& head) const noexcept;
  void note_plain(frame_source& source, std::size_t begin);
  void free_written();
  void free_plain(const stretch& s);
  void free_frame(frame_source& source, std::uint64_t size);
  void clear(frame_source& source);

  std::size_t room() const noexcept {
    return batch_.size() < batch_size ? batch_size - batch_.size() : 0;
  }

  mask_key_source keys_;
  std::size_t max_staged_;
  std::optional<frame_deflater> deflater_{};

  byte_buffer staged_;        // as they go to the wire or, if that compresses, unmasked
  bool staged_open_ = false;  // the last staged frame leaves its message unfinished

  control_slot pong_{};
  control_slot ping_{};
  std::optional<close_payload> close_{};
  bool drain_ = false;
  bool closed_ = false;  // Close is in the batch or beyond

  std::vector<std::shared_ptr<frame_source>> sources_;
  std::size_t turn_ = 0;              // the source to begin with: each has its turn
  const void* message_of_ = nullptr;  // who is in the middle of a message: a source, or &staged_

  byte_buffer batch_;
  std::size_t written_ = 0;  // of the batch
  std::vector<stretch> stretches_;
  std::optional<partial_frame> partial_{};
  std::uint64_t lead_ = 0;        // bytes that the frame begun in an earlier batch still needed
  std::uint64_t lead_frame_ = 0;  // the size of that frame, in bytes of a queue

  std::uint64_t staged_total_ = 0;
  std::uint64_t staged_written_ = 0;
  std::uint64_t staged_in_batch_ = 0;
  std::uint64_t frames_encoded_ = 0;
};

}  // namespace wsx::protocol
