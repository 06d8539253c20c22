#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/frame.hpp>
#include <wsx/message.hpp>
#include <wsx/opcode.hpp>
#include <wsx/protocol/frame_head.hpp>

#include <concepts>

namespace wsx::protocol {

/// A frame of the user's in its form on the wire, if it is not compressed. Data frames may be
/// compressed unless they are wrapped in `uncompressed`.
struct outgoing_frame {
  frame_head head{};
  bytes_view payload{};

  explicit outgoing_frame(const text& message) noexcept
      : head{.op = opcode::text, .rsv1 = true, .length = message.payload.size()},
        payload(as_bytes(message.payload)),
        kind(opcode::text) {}
  explicit outgoing_frame(const binary& message) noexcept
      : head{.op = opcode::binary, .rsv1 = true, .length = message.payload.size()},
        payload(message.payload) {}
  WSX_API explicit outgoing_frame(const ping& control) noexcept;
  WSX_API explicit outgoing_frame(const pong& control) noexcept;
  WSX_API explicit outgoing_frame(const fragment& piece) noexcept;

  /// Also accepts anything that converts to a message, such as a string.
  WSX_API explicit outgoing_frame(const message& whole) noexcept;

  template <class Frame>
  requires std::constructible_from<outgoing_frame, const Frame&>
  explicit outgoing_frame(const uncompressed<Frame>& wrapped) noexcept
      : outgoing_frame(wrapped.frame) {
    head.rsv1 = false;
  }

  /// The place of a fragment in its message, according to the user.
  bool first = true;
  opcode kind = opcode::binary;
};

/// Converts the argument of a call that sends to the frame on the wire.
template <class Frame>
outgoing_frame as_outgoing(const Frame& frame) noexcept {
  static_assert(
      requires { outgoing_frame(frame); },
      "wsx: what is sent must be a wsx::text, binary, message, ping, pong, fragment or "
      "uncompressed, or a string, which is sent as text");
  return outgoing_frame(frame);
}

}  // namespace wsx::protocol
