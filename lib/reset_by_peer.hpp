#pragma once

#include <system_error>

namespace wsx {

/// Returns whether the peer, or something on the way to it, has broken the connection.
///
/// `Errors` is `std::errc` or, in code that uses Asio, `asio::error::basic_errors`. The category of
/// Asio 1.22 does not map its errors to conditions, so the two don't compare equal.
template <class Errors>
bool reset_by_peer(std::error_code error) noexcept {
  return error == Errors::connection_reset || error == Errors::connection_aborted ||
         error == Errors::broken_pipe;
}

}  // namespace wsx
