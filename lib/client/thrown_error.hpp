#pragma once

#include <wsx/error.hpp>

#include <exception>
#include <system_error>

namespace wsx::detail {

// Returns why an exception was thrown. An error of the system says more than an error code of the
// client.
inline std::error_code error_of(const std::exception_ptr& what, errc otherwise) {
  try {
    std::rethrow_exception(what);
  } catch (const std::system_error& error) {
    return error.code() ? error.code() : make_error_code(otherwise);
  } catch (...) {
    return otherwise;
  }
}

// The same for the current exception.
inline std::error_code thrown_error() {
  return error_of(std::current_exception(), errc::internal_failure);
}

}  // namespace wsx::detail
