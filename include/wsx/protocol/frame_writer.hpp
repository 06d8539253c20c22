#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/memory/byte_buffer.hpp>
#include <wsx/memory/lazy.hpp>
#include <wsx/protocol/frame_deflater.hpp>
#include <wsx/protocol/frame_encoder.hpp>
#include <wsx/protocol/frame_source.hpp>
#include <wsx/protocol/mask.hpp>
#include <wsx/protocol/outgoing_batch.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace wsx::protocol {

/// Encodes frames that are not ready for the wire in a queue, and adds them to a batch. It masks
/// them and, if the connection compresses, compresses them in the order of the wire.
///
/// A producer's frame may be larger than a batch: it is continued in the next ones. A frame that
/// stays larger than `frame_deflater::max_frame` when compressed is divided into several frames.
class frame_writer {
 public:
  using clock = std::chrono::steady_clock;

  /// A producer's frame.
  struct frame {
    frame_source* source = nullptr;
    frame_head head{};
    bytes_view payload{};
    bool queued = false;  ///< false: it waits behind the queue
  };

  explicit frame_writer(outgoing_batch& batch) noexcept : batch_(batch) {}
  frame_writer(const frame_writer&) = delete;
  frame_writer& operator=(const frame_writer&) = delete;

  /// The connection compresses. Called before anything is staged.
  void compress(const frame_deflater::settings& s) {
    deflater_ = std::make_unique<frame_deflater>(s);
  }
  bool compresses() const noexcept { return deflater_ != nullptr; }

  mask_key_source& keys() { return keys_.change(); }

  /// The batch that frames are added to.
  outgoing_batch& batch() noexcept { return batch_; }

  // Whole frames.

  /// Writes a staged frame: in its form on the wire or, if the connection compresses, for
  /// `put_staged`. `target` has space for all of it; returns its size.
  std::size_t stage(std::byte* target, frame_head head, bytes_view payload) {
    if (!deflater_) head.rsv1 = false;
    return encode_frame(target, head, payload, deflater_ ? mask_key{} : keys().next());
  }

  /// Compresses or masks the frames that `stage` wrote.
  WSX_API void put_staged(bytes_view staged);

  /// Adds a frame to the batch unchanged.
  WSX_API void put(const frame_head& head, bytes_view payload);

  // A producer's frame, as far as the batch has space.

  WSX_API void begin(const frame& next);

  /// Continues the frame that was begun.
  WSX_API void go_on();

  /// Continues it up to the end of the frame on the wire, and no further. RFC 6455 5.4: a frame is
  /// never interrupted.
  WSX_API void finish_on_wire();

  /// Returns whether a frame was begun that has to be continued.
  bool within_payload() const noexcept { return within_payload_; }

  /// Returns whether that frame is on the wire, so that the next bytes belong to it.
  bool within_frame() const noexcept { return within_payload_ && partial_->wire; }

  /// Returns whether its message is unfinished on the wire, if `within_payload` but not
  /// `within_frame`. A message that is only being compressed is not on the wire yet.
  bool within_message() const noexcept {
    return partial_->divided || partial_->frame.head.op == opcode::continuation;
  }

  /// Returns whether the wire is within a message that was divided here.
  bool within_divided_message() const noexcept { return within_payload_ && partial_->divided; }

  /// Returns whether control frames may go between the frames of a divided message. Some servers
  /// then forget that the message is compressed, so control frames wait for `most`.
  bool interruptible() const noexcept { return partial_->interruptible; }
  WSX_API void bound_divided_message(clock::time_point now, clock::duration most) noexcept;

  /// Gives up the frame that was begun, and the end of the batch that is about to be cut off. The
  /// server will not receive data that the compressor may refer to, so nothing more is compressed
  /// on this connection.
  void give_up() noexcept {
    end_partial();
    stale_context_ = true;
  }

  /// Prepares for the next connection, which does not compress until `compress` is called.
  void reset() noexcept {
    end_partial();
    deflater_.reset();
    stale_context_ = false;
  }

  WSX_API void release_memory() noexcept;

 private:
  // A frame whose header is in a batch, and whose payload is masked when it is written.
  struct wire_frame {
    bytes_view left{};
    mask_key key{};
    std::uint64_t offset = 0;  // of what is left, in the payload
  };

  struct partial_frame {
    struct frame frame {};
    bytes_view left{};  // of the payload, to be compressed
    bool compressed = false;
    bool fed = false;      // compressed: the whole payload has been
    bool divided = false;  // compressed: a frame was begun that is not the last of the message
    bool interruptible = false;  // divided: control frames may go between its frames
    std::optional<clock::time_point> divided_since{};
    std::optional<wire_frame> wire{};  // its current frame
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
  bool stale_context_ = false;  // the deflater refers to data that the server will never receive
  bool within_payload_ = false;
  std::unique_ptr<partial_frame> partial_{};  // while within a payload, or memory for the next
};

}  // namespace wsx::protocol
