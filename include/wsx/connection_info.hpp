#pragma once

#include <wsx/deflate_options.hpp>
#include <wsx/response_headers.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace wsx {

/// What is known about an open connection.
struct connection_info {
  std::string url{};             ///< where the client connected to
  int status = 0;                ///< of the handshake's response: 101
  response_headers headers{};    ///< of the handshake's response
  std::string subprotocol{};     ///< what the server chose; empty: none
  bool compressed = false;       ///< messages may be, both ways: `options::deflate`
  std::string peer_endpoint{};   ///< "192.0.2.1:443", "[2001:db8::1]:443"
  std::string local_endpoint{};  ///< the same for this side
  std::size_t attempt = 0;       ///< which attempt in a row succeeded; 1: the first

  /// How messages are compressed, as agreed on with the server; nothing unless `compressed`.
  std::optional<deflate_parameters> deflate{};
};

}  // namespace wsx
