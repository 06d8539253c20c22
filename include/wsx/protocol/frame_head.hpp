#pragma once

#include <wsx/opcode.hpp>

#include <cstdint>

namespace wsx::protocol {

/// The header of a client's frame without the mask key. RFC 6455 5.2.
struct frame_head {
  opcode op = opcode::binary;
  bool fin = true;
  bool rsv1 =
      false;  ///< the first frame of a compressed message (RFC 7692 6); while queued: it may be one
  std::uint64_t length = 0;

  bool operator==(const frame_head&) const = default;
};

}  // namespace wsx::protocol
