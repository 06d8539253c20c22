#pragma once

#include <wsx/export.hpp>

#include <string_view>

namespace wsx {

/// What wsx has to say and nobody to say it to: messages posted to a client whose handler has no
/// `handle_info` for them, and replies without a connection. `line` has no line end. Called on the
/// client's strand, so perhaps from several threads at a time for several clients; must not throw.
using log_sink = void (*)(std::string_view line);

/// Replaces the sink, which at first writes to the standard error; null: silence. From any thread.
WSX_API void set_log_sink(log_sink sink) noexcept;

namespace detail {
WSX_API void log_unhandled(const char* type);
void log_dropped_reply();
}  // namespace detail

}  // namespace wsx
