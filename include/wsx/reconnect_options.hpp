#pragma once

#include <wsx/config.hpp>

#include <chrono>
#include <cstddef>

namespace wsx {

/// Delays that grow exponentially: see `backoff`.
struct backoff_options {
  std::chrono::milliseconds initial{500};  ///< bound of the first delay
  std::chrono::milliseconds max{30'000};   ///< bound of every delay, without `Retry-After`
  double factor = 2.0;                     ///< by which the bound grows with each failure; >= 1

  friend bool operator==(const backoff_options&, const backoff_options&) = default;
};

/// How a client without `handle_disconnect` reconnects: see `options::reconnect`.
struct reconnect_options {
  /// The delay before each attempt. A server's `Retry-After` is added to it, as by `backoff`.
  backoff_options delay{};

  /// A connection that was open for at least this long is a success: failures are counted, and
  /// delays grow, from the start again. A connection that ends sooner counts as a failure, so that
  /// a server that accepts and closes at once is not asked again and again. This applies to
  /// `disconnect::attempt` of a client with `handle_disconnect` as well.
  std::chrono::milliseconds reset_after{10'000};

  std::size_t max_attempts = 0;           ///< limit on attempts in a row; 0: no limit
  std::chrono::milliseconds max_time{0};  ///< limit from failure to last attempt; 0: no limit

  friend bool operator==(const reconnect_options&, const reconnect_options&) = default;
};

}  // namespace wsx
