#pragma once

#include <wsx/deflate_options.hpp>
#include <wsx/response_headers.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace wsx {

/// What is known about an open connection.
struct connection_info {
  std::string url{};           ///< the URL that the client connected to
  int status = 0;              ///< status of the handshake's response: 101
  response_headers headers{};  ///< headers of the handshake's response
  std::string subprotocol{};   ///< the one that the server chose; empty: none
  bool compressed = false;  ///< messages may be compressed, in both directions: `options::deflate`
  std::string peer_endpoint{};   ///< "192.0.2.1:443", "[2001:db8::1]:443"
  std::string local_endpoint{};  ///< the client's own endpoint
  std::size_t attempt = 0;       ///< which attempt in a row succeeded, from 1
  std::size_t number = 0;        ///< which of the client's connections it is, from 1

  /// The compression parameters that both sides agreed on; nothing unless `compressed`.
  std::optional<deflate_parameters> deflate{};
};

}  // namespace wsx
