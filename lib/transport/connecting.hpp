#pragma once

#include <wsx/config.hpp>

#include <asio/awaitable.hpp>
#include <asio/basic_stream_socket.hpp>
#include <asio/ip/tcp.hpp>

#include <system_error>

namespace wsx {

class socket_setup;

template <class Socket>
using endpoint_of = typename Socket::protocol_type::endpoint;

/// Connects a socket in two steps, in a way that works on every system that Asio supports. A
/// program that is started meanwhile may inherit the socket. `Socket` is one of TCP, or of
/// `asio::generic::stream_protocol`.
struct asio_connecting {
  /// Makes a non-blocking socket, with the options of `setup` if there is one. Returns
  /// `asio::error::in_progress` unless it fails.
  template <class Socket>
  static std::error_code begin(Socket& socket, const endpoint_of<Socket>& to,
                               socket_setup* setup = nullptr);

  /// After `in_progress`: waits until the socket is connected, or can't be.
  template <class Socket>
  static asio::awaitable<std::error_code> finish(Socket& socket, const endpoint_of<Socket>& to);
};

#if __has_include(<sys/socket.h>)

/// Connects with the calls of POSIX. `begin` returns no error if the socket is connected already,
/// as with a server on this host: then there is no need to wait. No program inherits the socket.
struct posix_connecting {
  template <class Socket>
  static std::error_code begin(Socket& socket, const endpoint_of<Socket>& to,
                               socket_setup* setup = nullptr);
  template <class Socket>
  static asio::awaitable<std::error_code> finish(Socket& socket, const endpoint_of<Socket>& to);

  /// Returns the state of the connection, from the results of getpeername and SO_ERROR.
  static std::error_code judge(std::error_code peer, std::error_code pending) noexcept;
};

using native_connecting = posix_connecting;

#else

using native_connecting = asio_connecting;

#endif

}  // namespace wsx
