#pragma once

#include <asio/error.hpp>

#include <system_error>

namespace wsx {

/// Returns whether a non-blocking read or write did nothing only because it would have had to wait.
inline bool would_block(std::error_code error) noexcept {
  return error == asio::error::would_block || error == asio::error::try_again;
}

}  // namespace wsx
