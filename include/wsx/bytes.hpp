#pragma once

#include <wsx/config.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace wsx {

/// A view of bytes that somebody else owns.
using bytes_view = std::span<const std::byte>;

/// The bytes of `s`, not copied.
inline bytes_view as_bytes(std::string_view s) noexcept {
  return {reinterpret_cast<const std::byte*>(s.data()), s.size()};
}

/// `bytes` seen as characters, not copied. They need not be UTF-8.
inline std::string_view as_chars(bytes_view bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace wsx
