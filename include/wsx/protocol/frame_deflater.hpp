#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/memory/byte_buffer.hpp>
#include <wsx/protocol/deflater.hpp>
#include <wsx/protocol/frame_encoder.hpp>

#include <cstddef>

namespace wsx::protocol {

/// Makes compressed frames of the frames of messages, in the order in which they go to the wire.
/// RFC 7692 6.1, 7.2.1.
class frame_deflater {
 public:
  /// The most of a payload that is compressed at once.
  static constexpr std::size_t part_size = 64 * 1024;

  /// A message whose result is larger than this goes in several frames: the length of a frame
  /// stands before its payload, so all of that has to be kept until it is known. Others go in one,
  /// since there are servers that take no control frame between compressed frames.
  static constexpr std::size_t max_frame = 1024 * 1024;

  struct settings {
    deflater_settings deflate{};
    std::size_t threshold = 0;       ///< smaller messages are not compressed
    bool release_when_idle = false;  ///< see `deflate_options`
  };

  explicit frame_deflater(const settings& s) noexcept : settings_(s), deflater_(s.deflate) {}

  /// Whether the next frame is to be compressed: of a message the first decides, by its size and by
  /// its `rsv1`, which says that it may be.
  WSX_API bool takes(const frame_head& head) noexcept;

  /// Compresses one part of a payload, at most `part_size`. `head` is that of the whole frame,
  /// which `takes` has taken; the part is its first, or its last. No frame may be `ready`.
  WSX_API void compress(const frame_head& head, bytes_view part, bool first, bool last);

  /// Whether there is a frame to be sent: `head` and `payload`, until `next`.
  bool ready() const noexcept { return ready_; }
  const frame_head& head() const noexcept { return head_; }
  bytes_view payload() const noexcept { return payload_.view(); }

  /// The frame that was ready has been sent.
  WSX_API void next() noexcept;

  /// From time to time: gives back what has not been used since the last call, as far as it may.
  WSX_API void release_memory() noexcept;

 private:
  settings settings_;
  deflater deflater_;
  memory::byte_buffer payload_;
  frame_head head_{};         // of the frame that is made of it
  bool ready_ = false;        // that frame is complete
  bool compressing_ = false;  // the message at hand
  bool in_message_ = false;
  bool used_ = false;
};

}  // namespace wsx::protocol
