#pragma once

#include <wsx/export.hpp>

#include <string_view>

namespace wsx {

/// Receives what wsx cannot report to a caller: messages posted to a handler without a matching
/// `handle_info`, and replies without a connection. `line` has no line end. A sink is called on the
/// client's strand, so clients may call it from several threads at a time. It must not throw.
using log_sink = void (*)(std::string_view line);

/// Replaces the sink; null discards all lines. The default sink writes to standard error. From any
/// thread.
WSX_API void set_log_sink(log_sink sink) noexcept;

namespace detail {
WSX_API void log_unhandled(const char* type);
void log_dropped_reply();
}  // namespace detail

}  // namespace wsx
