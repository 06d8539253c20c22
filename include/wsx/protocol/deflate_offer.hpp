#pragma once

#include <wsx/deflate_options.hpp>
#include <wsx/export.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace wsx::protocol {

using deflate_agreement = deflate_parameters;

/// Returns the value of `Sec-WebSocket-Extensions` that offers compression. It has two elements if
/// the limits on the server are requested but not required. RFC 6455 9.1, RFC 7692 5.1, 7.1.
WSX_API std::string format_deflate_offer(const deflate_options& offered);

/// Checks the whole value of the response's `Sec-WebSocket-Extensions`, as one list. RFC 6455 4.1
/// answer item 5, 9.1; RFC 7692 7.1. `granted` is set to the agreement, and to nothing if the
/// server wants no extension.
///
/// Error: `errc::bad_extensions_header`. The value is malformed or grants something that was not
/// offered, or twice; or a parameter is unknown, duplicate, out of range, or missing though
/// required. `what` says which.
WSX_API std::error_code check_extensions(std::string_view value,
                                         const std::optional<deflate_options>& offered,
                                         std::optional<deflate_agreement>& granted,
                                         std::string& what);

}  // namespace wsx::protocol
