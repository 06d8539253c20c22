#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/memory/byte_buffer.hpp>
#include <wsx/protocol/deflater.hpp>
#include <wsx/protocol/frame_encoder.hpp>

#include <cstddef>

namespace wsx::protocol {

/// Makes compressed frames from the frames of messages, in the order of the wire. RFC 7692 6.1,
/// 7.2.1.
class frame_deflater {
 public:
  /// The largest part of a payload that is compressed at once.
  static constexpr std::size_t part_size = 64 * 1024;

  /// A message whose output is larger than this is sent in several frames. A frame's length
  /// precedes its payload, so the whole payload has to be kept until its length is known. Other
  /// messages are sent in one frame, since some servers accept no control frame between compressed
  /// frames.
  static constexpr std::size_t max_frame = 1024 * 1024;

  struct settings {
    deflater_settings deflate{};
    std::size_t threshold = 0;       ///< smaller messages are not compressed
    bool release_when_idle = false;  ///< see `deflate_options`
  };

  explicit frame_deflater(const settings& s) noexcept : settings_(s), deflater_(s.deflate) {}

  /// Returns whether the next frame is compressed. The first frame of a message decides, by its
  /// size and by its `rsv1`, which allows it.
  WSX_API bool takes(const frame_head& head) noexcept;

  /// Compresses one part of a payload, at most `part_size`. `head` is that of the whole frame, for
  /// which `takes` returned true. `first` and `last` mark the parts of the frame. No frame may be
  /// `ready`.
  WSX_API void compress(const frame_head& head, bytes_view part, bool first, bool last);

  /// Returns whether a frame can be sent: `head` and `payload`, until `next`.
  bool ready() const noexcept { return ready_; }
  const frame_head& head() const noexcept { return head_; }
  bytes_view payload() const noexcept { return payload_.view(); }

  /// The ready frame has been sent.
  WSX_API void next() noexcept;

  /// Called periodically: releases memory that has not been used since the last call, if that is
  /// allowed.
  WSX_API void release_memory() noexcept;

 private:
  settings settings_;
  deflater deflater_;
  memory::byte_buffer payload_;
  frame_head head_{};         // of the frame that is being made
  bool ready_ = false;        // the frame is complete
  bool compressing_ = false;  // the current message
  bool in_message_ = false;
  bool used_ = false;
};

}  // namespace wsx::protocol
