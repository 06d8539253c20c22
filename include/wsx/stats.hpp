#pragma once

#include <wsx/config.hpp>

#include <chrono>
#include <cstdint>

namespace wsx {

/// Counters of a client, over all its connections.
struct stats {
  std::uint64_t messages_received = 0;
  std::uint64_t bytes_received = 0;  ///< from the transport, frame headers included
  std::uint64_t frames_sent = 0;     ///< of every kind, handed to the transport
  std::uint64_t bytes_sent = 0;      ///< handed to the transport, frame headers included
  std::uint64_t reads = 0;           ///< calls to the transport that returned bytes
  std::uint64_t writes = 0;          ///< calls to the transport that took bytes
  std::uint64_t connects = 0;        ///< connections opened
  std::uint64_t replies_dropped =
      0;  ///< frames of callbacks that were not sent: the connection was closing or had ended
  std::chrono::nanoseconds latency{};  ///< from the last answered keepalive ping to its pong
};

}  // namespace wsx
