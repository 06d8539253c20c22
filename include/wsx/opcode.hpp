#pragma once

#include <wsx/config.hpp>

#include <cstdint>

namespace wsx {

/// The kind of a frame. RFC 6455 5.2.
enum class opcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xa,
};

/// Returns whether frames of this kind are control frames. RFC 6455 5.5.
constexpr bool is_control(opcode op) noexcept {
  return (static_cast<std::uint8_t>(op) & 0x8) != 0;
}

/// Returns whether RFC 6455 5.2 defines this value.
constexpr bool is_defined(opcode op) noexcept {
  const auto value = static_cast<std::uint8_t>(op);
  return value <= 0x2 || (value >= 0x8 && value <= 0xa);
}

}  // namespace wsx
