#pragma once

#include <wsx/disconnect.hpp>
#include <wsx/export.hpp>

#include <chrono>
#include <cstddef>

namespace wsx {

struct backoff_options {
  std::chrono::milliseconds initial{500};  ///< bound of the first delay
  std::chrono::milliseconds max{30'000};   ///< bound of every delay, without `Retry-After`
  double factor = 2.0;                     ///< by which the bound grows with each failure; >= 1

  /// A connection that was open for this long counts as a success: the delays start over.
  std::chrono::milliseconds stable{10'000};
};

/// Delays between reconnects that grow exponentially. Each is drawn at random between zero and its
/// bound ("full jitter"), so that a fleet of clients does not return all at once.
///
/// If the server asked for a delay (`diagnostics::retry_after`), the delay drawn is added to it. At
/// most one hour of the server's delay counts. The sum may exceed `backoff_options::max`. An object
/// may be used by one thread at a time, as a member of a handler is.
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

  /// The delay before the next attempt.
  WSX_API std::chrono::milliseconds operator()(const disconnect& d);

  /// The bound that the next delay is drawn under, if no connection was stable in between.
  WSX_API std::chrono::milliseconds bound() const noexcept;

  /// Starts over with the initial delay.
  void reset() noexcept { failures_ = 0; }

 private:
  backoff_options options_{};
  std::size_t failures_ = 0;
};

}  // namespace wsx
