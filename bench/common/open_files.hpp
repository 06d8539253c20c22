#pragma once

namespace bench {

/// Lets this process have as many open sockets as the system allows it.
void allow_many_open_files() noexcept;

}  // namespace bench
