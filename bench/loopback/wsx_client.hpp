#pragma once

#include "sample.hpp"

#include <asio/awaitable.hpp>

// The same work, done by wsx.

namespace bench {

/// A handler that counts messages.
asio::awaitable<sample> receive_binary(plan p);
asio::awaitable<sample> receive_text(plan p);

/// `try_send` until the queue is full, then one `send` to wait for room.
asio::awaitable<sample> try_send(plan p);

/// `co_await send` for each message.
asio::awaitable<sample> send(plan p);

/// A handler that answers each reply with the next request.
asio::awaitable<sample> echo(plan p);

}  // namespace bench
