#pragma once

#include <wsx/close_reason.hpp>
#include <wsx/diagnostics.hpp>
#include <wsx/options.hpp>

#include <exception>
#include <string>
#include <string_view>
#include <system_error>

// Sentences that say what went wrong: what was being done, with which host, and the cause. They are
// empty without memory.

namespace wsx::detail {

// "cannot connect to example.com:443: HTTP 401 Unauthorized"
std::string connect_failure(std::error_code error, const diagnostics& known, const options& o,
                            std::string_view url) noexcept;

// "the connection to example.com:443 was closed by the server: 1008 (policy violation)". The host
// comes from `reason.diagnostics`.
std::string end_of_connection(const close_reason& reason, const options& o) noexcept;

// "cannot send: the send queue is full"
std::string operation_failure(std::string_view operation, std::error_code error) noexcept;

// `cannot change the handler from version "1" to version "2": the change of the handler threw:
// stoi`
std::string change_failure(std::string_view from, std::string_view to, std::error_code error,
                           const std::exception_ptr& what) noexcept;

}  // namespace wsx::detail
