#pragma once

#include <wsx/disconnect.hpp>
#include <wsx/export.hpp>
#include <wsx/reconnect_options.hpp>

#include <chrono>
#include <cstddef>

namespace wsx {

/// Delays between reconnects that grow exponentially with `disconnect::attempt`. Each is drawn at
/// random between zero and its bound ("full jitter"), so that a fleet of clients does not return
/// all at once.
///
/// If the server asked for a delay (`diagnostics::retry_after`), the delay drawn is added to it. At
/// most one hour of the server's delay counts. The sum may exceed `backoff_options::max`. Any
/// number of threads may use an object at once.
///
/// It is for a handler that decides itself. `options::reconnect` needs no handler.
///
///     struct handler {
///       wsx::backoff delay;
///       auto handle_disconnect(const wsx::disconnect& d) {
///         if (d.local() || d.reason.error == wsx::condition::permanent) return wsx::stop();
///         return wsx::reconnect_after(delay(d));
///       }
///     };
class backoff {
 public:
  backoff() = default;
  explicit backoff(backoff_options options) : options_(options) {}

  /// Returns the delay before the next attempt.
  WSX_API std::chrono::milliseconds operator()(const disconnect& d) const;

  /// Returns the bound that the delay after the failure with this number is drawn under.
  WSX_API std::chrono::milliseconds bound(std::size_t attempt) const noexcept;

 private:
  backoff_options options_{};
};

}  // namespace wsx
