#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/byte_buffer.hpp>
#include <wsx/protocol/deflater.hpp>
#include <wsx/protocol/frame_encoder.hpp>
#include <wsx/protocol/mask.hpp>

#include <cstddef>

namespace wsx::protocol {

/// Makes compressed frames of the frames of messages, in the order in which they go to the wire.
/// RFC 7692 6.1, 7.2.1.
class frame_deflater {
 public:
  /// The most of a payload that goes into one frame: the length of a compressed frame is known only
  /// when it is compressed, so a larger payload goes in several.
  static constexpr std::size_t part_size = 64 * 1024;

  struct settings {
    deflater_settings deflate{};
    std::size_t threshold = 0;       ///< smaller messages are not compressed
    bool release_when_idle = false;  ///< see `deflate_options`
  };

  explicit frame_deflater(const settings& s) noexcept : settings_(s), deflater_(s.deflate) {}

  /// Whether the next frame is to be compressed: of a message the first decides, by its size and by
  /// its `rsv1`, which says that it may be.
  WSX_API bool takes(const frame_head& head) noexcept;

  /// Compresses one part of a payload, at most `part_size`, and appends it to `out` as a frame.
  /// `head` is that of the whole frame, which `takes` has taken; the part is its first, or its
  /// last.
  WSX_API void write(const frame_head& head, bytes_view part, bool first, bool last, mask_key key,
                     byte_buffer& out);

  /// From time to time: gives back what has not been used since the last call, as far as it may.
  WSX_API void release_memory() noexcept;

 private:
  settings settings_;
  deflater deflater_;
  byte_buffer payload_;
  bool compressing_ = false;  // the message at hand
  bool in_message_ = false;
  bool used_ = false;
};

}  // namespace wsx::protocol
