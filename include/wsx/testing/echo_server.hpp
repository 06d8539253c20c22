#pragma once

#include <wsx/testing/scripted_server.hpp>

#include <chrono>
#include <cstddef>

namespace wsx::testing {

struct echo_options {
  std::size_t drop_after = 0;  ///< ends TCP without a Close after this many messages; 0: never
  std::chrono::milliseconds idle_timeout{60000};  ///< drops a client that is silent for this long
};

/// Makes the script of an echo server. It returns each text and binary message in one frame,
/// answers pings, returns the Close that it receives, and then ends the connection.
///
///     scripted_server server{echo_script()};
script echo_script(echo_options options = {});

}  // namespace wsx::testing
