#pragma once

#include "figures.hpp"
#include "plan.hpp"

#include <asio/awaitable.hpp>

#include <cstddef>
#include <functional>

namespace bench {

/// Opens a connection, and keeps it or drops it.
using connect_one = std::function<asio::awaitable<void>()>;

/// Does that `count` times, `at_once` at once; ends when all are done.
asio::awaitable<void> connect_many(std::size_t count, std::size_t at_once, connect_one connect);

/// All connections of the plan at once: those that have been opened already may be busy, and hold
/// up one that opens.
asio::awaitable<void> connect_together(plan p, connect_one connect);

/// The rate of the plan's connections, `in_flight` at once.
asio::awaitable<figures> count_connects(plan p, connect_one connect);

/// Opens the plan's connections, and waits until they are quiet. The memory they take.
asio::awaitable<figures> watch_memory(plan p, connect_one connect);

}  // namespace bench
