#pragma once

#include "sample.hpp"

#include <asio/awaitable.hpp>

// The yardstick: Asio coroutines on a socket. No frame is parsed or made, nothing is checked.

namespace bench::raw {

/// Reads into a buffer as large as the one of wsx.
asio::awaitable<sample> receive(plan p);

/// Writes ready-made frames, a chunk of them at a time.
asio::awaitable<sample> send(plan p);

/// Writes a ready-made frame and reads as many bytes as the answer has.
asio::awaitable<sample> echo(plan p);

}  // namespace bench::raw
