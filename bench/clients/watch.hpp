#pragma once

#include "figures.hpp"
#include "flight.hpp"
#include "plan.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include <functional>

namespace bench {

/// How many messages there have been since the beginning.
using message_count = std::function<double()>;

asio::awaitable<void> sleep(seconds time);

/// Waits for the warm-up to pass, then for the window; what happens in the window counts.
asio::awaitable<figures> watch(plan p, message_count messages);

/// Counts round trips, and takes their percentiles.
asio::awaitable<figures> watch(plan p, round_trips& done);
/// Counts messages, and takes the percentiles of other times.
asio::awaitable<figures> watch(plan p, message_count messages, round_trips& times);

/// Runs `work`, and what it starts, on this thread until it returns. Throws what any of them does.
void start(const asio::any_io_executor& executor, asio::awaitable<void> work);
figures run_here(asio::awaitable<figures> work);

}  // namespace bench
