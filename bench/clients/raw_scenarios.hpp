#pragma once

#include "figures.hpp"
#include "plan.hpp"

// The yardsticks: sockets, without any WebSocket. No frame is parsed, made or masked, and nobody is
// called back. `receive`, `send` and `echo` are done in two ways.

namespace bench::raw {

/// Asio coroutines on plain sockets.
namespace plain {
figures receive(const plan& p);
figures send(const plan& p);
figures echo(const plan& p);
}  // namespace plain

/// OpenSSL on a socket that blocks.
namespace tls {
figures receive(const plan& p);
figures send(const plan& p);
figures echo(const plan& p);
}  // namespace tls

/// A timer, and nothing beside it.
figures lateness(const plan& p);

/// Sockets that wait to be readable.
figures idle(const plan& p);

figures connect(const plan& p);

}  // namespace bench::raw
