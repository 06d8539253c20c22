#pragma once

#include "reactor.hpp"

namespace bench {

/// Stops the reactor at SIGTERM or SIGINT, and when the standard input ends.
void stop_at_end(reactor& events);

}  // namespace bench
