#pragma once

namespace wsx::detail {

class engine;

// The first connection is open: sends `options::heartbeat` from now on, on this and all later ones.
// Does nothing without one.
void start_heartbeat(engine& client);

}  // namespace wsx::detail
