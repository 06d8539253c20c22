#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/memory/byte_buffer.hpp>
#include <wsx/protocol/frame_deflater.hpp>
#include <wsx/protocol/frame_encoder.hpp>
#include <wsx/protocol/frame_source.hpp>
#include <wsx/memory/lazy.hpp>
#include <wsx/protocol/mask.hpp>
#include <wsx/protocol/outgoing_batch.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace wsx::protocol {

/// Makes the bytes of frames that don't lie ready for the wire in a queue, and puts them into a
/// batch: masks them and, if the connection compresses, compresses them in the order of the wire.
///
/// A producer's frame may be larger than a batch: it is begun, and goes on in the next ones. One
/// that stays larger than `frame_deflater::max_frame` when it is compressed is divided into several
/// frames.
class frame_writer {
 public:
  using clock = std::chrono::steady_clock;

  /// A producer's frame.
  struct frame {
    frame_source* source = nullptr;
    frame_head head{};
    bytes_view payload{};
    bool queued = false;  ///< or else it is the one that waits behind the queue
  };

  explicit frame_writer(outgoing_batch& batch) noexcept : batch_(batch) {}
  frame_writer(const frame_writer&) = delete;
  frame_writer& operator=(const frame_writer&) = delete;

  /// Before anything is staged on a connection: that it compresses.
  void compress(const frame_deflater::settings& s) {
    deflater_ = std::make_unique<frame_deflater>(s);
  }
  bool compresses() const noexcept { return deflater_ != nullptr; }

  mask_key_source& keys() { return keys_.change(); }

  /// Where the bytes go.
  outgoing_batch& batch() noexcept { return batch_; }

  // Whole frames.

  /// Writes a frame that is staged: as it goes to the wire or, if the connection compresses, for
  /// `put_staged`. `target` has room for all of it; returns its size.
  std::size_t stage(std::byte* target, frame_head head, bytes_view payload) {
    if (!deflater_) head.rsv1 = false;
    return encode_frame(target, head, payload, deflater_ ? mask_key{} : keys().next());
  }

  /// Compresses, or masks, the frames that `stage` wrote.
  WSX_API void put_staged(bytes_view staged);

  /// Puts a frame into the batch as it is.
  WSX_API void put(const frame_head& head, bytes_view payload);

  // A producer's frame, as far as the batch has room.

  WSX_API void begin(const frame& next);

  /// Goes on with the frame that was begun.
  WSX_API void go_on();

  /// Goes on with it up to the end of the frame that is on the wire, and no further. RFC 6455 5.4:
  /// a frame is never interrupted.
  WSX_API void finish_on_wire();

  /// Whether a frame was begun that has to go on.
  bool within_payload() const noexcept { return within_payload_; }

  /// Whether it is on the wire: what comes next belongs to it.
  bool within_frame() const noexcept { return within_payload_ && partial_->wire; }

  /// Whether the message that it belongs to is unfinished on the wire, for all that is known of the
  /// frame: it is `within_payload`, and not `within_frame`. One that is only being compressed is
  /// not on the wire yet, whatever its place in its message.
  bool within_message() const noexcept {
    return partial_->divided || partial_->frame.head.op == opcode::continuation;
  }

  /// Whether the wire is within a message that was divided here.
  bool within_divided_message() const noexcept { return within_payload_ && partial_->divided; }

  /// Whether control frames may go between the frames of a divided message: there are servers that
  /// forget at one that the message is compressed, so they wait for `most`.
  bool interruptible() const noexcept { return partial_->interruptible; }
  WSX_API void bound_divided_message(clock::time_point now, clock::duration most) noexcept;

  /// Gives up the frame that was begun, and whatever the batch is about to lose. The server will
  /// not get what the compressor may refer to: nothing more is compressed on this connection.
  void give_up() noexcept {
    end_partial();
    stale_context_ = true;
  }

  /// For the next connection, which does not compress until it is told so.
  void reset() noexcept {
    end_partial();
    deflater_.reset();
    stale_context_ = false;
  }

  WSX_API void release_memory() noexcept;

 private:
  // A frame whose header is in a batch, and whose payload is masked on its way out.
  struct wire_frame {
    bytes_view left{};
    mask_key key{};
    std::uint64_t offset = 0;  // of what is left, in the payload
  };

  struct partial_frame {
    struct frame frame {};
    bytes_view left{};  // of the payload: to be compressed
    bool compressed = false;
    bool fed = false;            // compressed: all of the payload has been
    bool divided = false;        // compressed: a frame was begun that is not the message's last
    bool interruptible = false;  // divided: control frames may go between its frames
    std::optional<clock::time_point> divided_since{};
    std::optional<wire_frame> wire{};  // what it is at the moment
  };

  using stretch = outgoing_batch::stretch;

  static frame_head plain(frame_head head) noexcept {
    head.rsv1 = false;
    return head;
  }
  void end_partial() noexcept { within_payload_ = false; }
  void put_compressed(const frame_head& head, bytes_view payload);
  void begin_on_wire(const frame_head& head, bytes_view payload);
  void continue_partial(stretch s);
  void note_part(stretch s);
  void mask_part();
  void compress_some();
  std::size_t compress_part();

  outgoing_batch& batch_;
  memory::lazy<mask_key_source> keys_;
  std::unique_ptr<frame_deflater> deflater_{};
  bool stale_context_ = false;  // the deflater refers to what the server will never get
  bool within_payload_ = false;
  std::unique_ptr<partial_frame> partial_{};  // while within a payload, or memory for the next
};

}  // namespace wsx::protocol
