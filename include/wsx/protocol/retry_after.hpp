#pragma once

#include <wsx/export.hpp>
#include <wsx/header.hpp>

#include <chrono>
#include <optional>

namespace wsx::protocol {

/// How long a server asks to wait before the next attempt: its `Retry-After`, RFC 9110 10.2.3, in
/// seconds or as a date. A date counts from the response's `Date`, so that the clocks of both sides
/// need not agree; without a valid one, from `now`. A date that has passed is 0 seconds. Nothing if
/// the field is absent, malformed or there twice; a year at most.
WSX_API std::optional<std::chrono::seconds> retry_after(const header_list& headers,
                                                        std::chrono::sys_seconds now);

}  // namespace wsx::protocol
