#pragma once

#include <wsx/deflate_options.hpp>
#include <wsx/export.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace wsx::protocol {

using deflate_agreement = deflate_parameters;

/// The value of `Sec-WebSocket-Extensions` that offers compression: one element, or two if the
/// server's limits are asked for but not required. RFC 7692 5.1, 7.1.
WSX_API std::string format_deflate_offer(const deflate_options& offered);

/// Judges the whole value of the response's `Sec-WebSocket-Extensions`, as one list. RFC 6455 4.1
/// answer item 5, 9.1; RFC 7692 7.1. `granted` gets what was agreed on; nothing if the server
/// wants no extension. Error: `errc::bad_extensions_header` if the value is malformed, grants what
/// was not offered, the same twice, or a parameter that is unknown, doubled, missing though it was
/// required, or out of its range; `what` says which.
WSX_API std::error_code check_extensions(std::string_view value,
                                         const std::optional<deflate_options>& offered,
                                         std::optional<deflate_agreement>& granted,
                                         std::string& what);

}  // namespace wsx::protocol
