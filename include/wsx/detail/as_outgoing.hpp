#pragma once

#include <wsx/protocol/outgoing_frame.hpp>

namespace wsx::detail {

// Converts the argument of a call that sends to the frame on the wire.
template <class Frame>
protocol::outgoing_frame as_outgoing(const Frame& frame) noexcept {
  static_assert(
      requires { protocol::outgoing_frame(frame); },
      "wsx: what is sent must be a wsx::text, binary, message, ping, pong, fragment or "
      "uncompressed, or a string, which is sent as text");
  return protocol::outgoing_frame(frame);
}

}  // namespace wsx::detail
