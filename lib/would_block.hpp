#pragma once

#include <asio/error.hpp>

#include <system_error>

namespace wsx {

/// Whether a read or write that does not wait came to nothing only because it would have had to.
inline bool would_block(std::error_code error) noexcept {
  return error == asio::error::would_block || error == asio::error::try_again;
}

}  // namespace wsx
