#pragma once

#include <system_error>

namespace wsx {

/// Whether the other side has broken the connection, or something between has.
///
/// `Errors` is `std::errc` or, where Asio is known, `asio::error::basic_errors`: the category of
/// Asio 1.22 does not say which condition its errors are, so the two don't compare equal.
template <class Errors>
bool reset_by_peer(std::error_code error) noexcept {
  return error == Errors::connection_reset || error == Errors::connection_aborted ||
         error == Errors::broken_pipe;
}

}  // namespace wsx
