#pragma once

#include <wsx/error.hpp>

#include <system_error>

namespace wsx::detail {

// Returns why the current exception was thrown. An error of the system says more than an error code
// of the client.
inline std::error_code thrown_error() {
  try {
    throw;
  } catch (const std::system_error& error) {
    return error.code();
  } catch (...) {
    return errc::internal_failure;
  }
}

}  // namespace wsx::detail
