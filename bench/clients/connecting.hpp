#pragma once

#include "figures.hpp"
#include "plan.hpp"

#include <asio/awaitable.hpp>

#include <functional>

namespace bench {

/// Waits until the connections that have been opened are quiet. `before`: what was resident without
/// them.
asio::awaitable<figures> watch_memory(plan p, double before);

/// Opens a connection and drops it.
using one_connect = std::function<asio::awaitable<void>()>;

/// Does that `connections` times, `in_flight` at once.
asio::awaitable<figures> count_connects(plan p, one_connect connect);

}  // namespace bench
