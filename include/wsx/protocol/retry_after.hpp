#pragma once

#include <wsx/export.hpp>
#include <wsx/header.hpp>

#include <chrono>
#include <optional>

namespace wsx::protocol {

/// Returns how long a server asks clients to wait before the next attempt: its `Retry-After` (RFC
/// 9110 10.2.3), in seconds or as a date. A date is relative to the response's `Date`, so that the
/// clocks of both sides may differ; without a valid `Date`, to `now`. A date in the past is 0
/// seconds. At most a year. Nothing if the field is absent, malformed or duplicate.
WSX_API std::optional<std::chrono::seconds> retry_after(const header_list& headers,
                                                        std::chrono::sys_seconds now);

}  // namespace wsx::protocol
