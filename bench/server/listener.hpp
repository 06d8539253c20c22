#pragma once

#include "descriptor.hpp"
#include "reactor.hpp"
#include "stream.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace bench {

/// Makes a stream of an accepted socket, or nothing.
using make_stream = std::function<std::unique_ptr<stream>(descriptor socket)>;

/// Listens on a free port of 127.0.0.1, and serves its clients. Returns the port.
std::uint16_t listen(reactor& events, make_stream make);

}  // namespace bench
