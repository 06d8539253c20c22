#pragma once

#include <wsx/testing/scripted_server.hpp>

#include <chrono>
#include <cstddef>

namespace wsx::testing {

struct echo_options {
  std::size_t drop_after = 0;  ///< ends TCP without a Close after so many messages; 0 for never
  std::chrono::milliseconds idle_timeout{60000};  ///< gives up a client that is silent so long
};

/// The script of an echo server: sends each text and binary message back as one frame, a pong for
/// each ping, and the Close that it receives; then ends the connection.
///
///     scripted_server server{echo_script()};
script echo_script(echo_options options = {});

}  // namespace wsx::testing
