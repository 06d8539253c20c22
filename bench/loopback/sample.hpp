#pragma once

#include <asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace bench {

/// What to measure, and for how long.
struct plan {
  std::uint16_t port = 0;
  std::size_t size = 0;
  std::chrono::duration<double> warm_up{};
  std::chrono::duration<double> window{};
};

/// What one run came to. Times are in nanoseconds.
struct sample {
  double rate = 0;  ///< messages a second
  double cpu = 0;   ///< CPU time of the client's thread for a message
  double p50 = 0;   ///< of a round trip
  double p99 = 0;
};

/// How long each round trip took.
using round_trips = std::vector<std::chrono::nanoseconds>;

/// Waits for the warm-up to pass, then for the window; what happened in the window is the sample.
/// `messages`: how many there have been since the beginning.
asio::awaitable<sample> watch(plan p, std::function<double()> messages);

/// The same for round trips.
asio::awaitable<sample> watch(plan p, round_trips& done);

}  // namespace bench
