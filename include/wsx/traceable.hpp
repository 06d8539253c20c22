#pragma once

#include <wsx/config.hpp>

#include <wsx/detail/engine_ref.hpp>
#include <wsx/trace.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace wsx {

/// What can be switched on while a client runs, to see what it does: a part of `basic_client` and
/// `child_ref`. (A `child_ref` without a child does nothing.)
///
/// Everything is allowed from any thread and in each phase, also before `connect`, within a
/// callback and after the end. It takes effect with the next event. A client that is destroyed
/// shows nothing more. Nothing is allocated before something is switched on for the first time.
///
///     client.trace([](std::string_view line) { std::clog << line << '\n'; });
///     client.untrace();
template <class Client>
class traceable {
 public:
  /// Passes a line per event to `sink`, which replaces the last one. Without a function it switches
  /// the trace off, as `untrace` does. Another thread may be within the last call of the old sink
  /// when this returns. The sink may call the client, but must not wait for it.
  void trace(trace_sink sink, const trace_options& how = {}) const {
    if (engine()) engine().trace(std::move(sink), how);
  }
  void untrace() const { trace({}); }

  /// Keeps the lines of the last `lines` events, or of none with 0. Kept lines are dropped by each
  /// call.
  void keep_trace(std::size_t lines, const trace_options& how = {}) const {
    if (engine()) engine().keep_trace(lines, how);
  }

  /// Returns these lines, the oldest first, each with the time since `keep_trace`: "+0.250 s
  /// received text, 17 bytes".
  std::vector<std::string> kept_trace() const {
    return engine() ? engine().kept_trace() : std::vector<std::string>();
  }

  /// Begins to count, from zero, or stops that.
  void collect_statistics(bool on = true) const {
    if (engine()) engine().collect_statistics(on);
  }

  /// Returns what has been counted since; nothing if that is off.
  std::optional<trace_statistics> statistics() const {
    return engine() ? engine().statistics() : std::nullopt;
  }

 protected:
  traceable() = default;
  ~traceable() = default;
  traceable(const traceable&) = default;
  traceable& operator=(const traceable&) = default;

 private:
  const detail::engine_ref& engine() const noexcept {
    return detail::client_access::engine_of(static_cast<const Client&>(*this));
  }
};

}  // namespace wsx
