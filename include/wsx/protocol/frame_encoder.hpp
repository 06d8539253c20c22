#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/frame_head.hpp>
#include <wsx/protocol/mask.hpp>

#include <cstddef>
#include <cstdint>

namespace wsx::protocol {

/// The maximum size of a client's frame header: 2 bytes, 8 of length, 4 of mask key.
inline constexpr std::size_t max_header_size = 14;

/// Returns the size of a client's frame header for this payload length, including the key.
constexpr std::size_t header_size(std::uint64_t length) noexcept {
  return length < 126 ? 6u : length <= 0xffff ? 8u : 14u;
}

/// Returns the size of the whole frame.
constexpr std::uint64_t frame_size(std::uint64_t length) noexcept {
  return header_size(length) + length;
}

/// Writes the header of a client's frame, with the shortest length form and the mask bit set.
/// `target` has space for `header_size(head.length)` bytes; returns how many were written.
WSX_API std::size_t write_header(std::byte* target, const frame_head& head, mask_key key) noexcept;

/// Reads a header that `write_header` wrote and returns its size. `source` contains all of it.
WSX_API std::size_t read_header(const std::byte* source, frame_head& head) noexcept;

/// Writes a whole frame: header and masked payload in one pass. `target` has space for
/// `frame_size(payload.size())` bytes; returns how many were written. `head.length` is ignored: the
/// payload has it.
WSX_API std::size_t encode_frame(std::byte* target, frame_head head, bytes_view payload,
                                 mask_key key) noexcept;

// Encoded frames: `frame` points to the beginning of a complete one.

/// Returns whether the frame is a message of one frame, or a control frame.
inline bool is_whole_message(const std::byte* frame) noexcept {
  return frame[0] > std::byte{0x80};  // FIN, and any opcode but continuation
}

/// Masks the payload with another key. RFC 6455 5.3: each frame needs a fresh one.
WSX_API void change_key(std::byte* frame, mask_key fresh) noexcept;

}  // namespace wsx::protocol
