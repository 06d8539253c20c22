#pragma once

#include <wsx/export.hpp>

#include <string_view>

namespace wsx {

/// Receives what wsx cannot report to a caller: messages posted to a handler without a matching
/// `handle_info`, casts that a new handler does not take, replies without a connection, and what a
/// supervisor does when a child fails. `line` has no line end. A sink is called on the strand of
/// the client or supervisor, so several threads may call it at a time. It must not throw.
using log_sink = void (*)(std::string_view line);

/// Replaces the sink; null discards all lines. The default sink writes to standard error. From any
/// thread.
WSX_API void set_log_sink(log_sink sink) noexcept;

namespace detail {
WSX_API void log_unhandled(const char* type, std::string_view callback = "handle_info");
void log_dropped_reply();
void log_report(std::string_view line);
}  // namespace detail

}  // namespace wsx
