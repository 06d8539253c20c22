#pragma once

#include <wsx/opcode.hpp>

#include <cstdint>

namespace wsx::protocol {

/// What a client writes before a payload, mask key aside. RFC 6455 5.2.
struct frame_head {
  opcode op = opcode::binary;
  bool fin = true;
  bool rsv1 = false;  ///< a compressed message begins (RFC 7692 6); while queued: it may be
  std::uint64_t length = 0;

  bool operator==(const frame_head&) const = default;
};

}  // namespace wsx::protocol
