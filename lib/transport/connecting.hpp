#pragma once

#include <wsx/config.hpp>

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>

#include <system_error>

namespace wsx {

/// Connects a socket in two steps, in a way that works on every system that Asio supports. A
/// program that is started meanwhile may inherit the socket.
struct asio_connecting {
  /// Makes a non-blocking socket. Returns `asio::error::in_progress` unless it fails.
  static std::error_code begin(asio::ip::tcp::socket& socket, const asio::ip::tcp::endpoint& to);

  /// After `in_progress`: waits until the socket is connected, or can't be.
  static asio::awaitable<std::error_code> finish(asio::ip::tcp::socket& socket,
                                                 const asio::ip::tcp::endpoint& to);
};

#if __has_include(<sys/socket.h>)

/// Connects with the calls of POSIX. `begin` returns no error if the socket is connected already,
/// as with a server on this host: then there is no need to wait. No program inherits the socket.
struct posix_connecting {
  static std::error_code begin(asio::ip::tcp::socket& socket, const asio::ip::tcp::endpoint& to);
  static asio::awaitable<std::error_code> finish(asio::ip::tcp::socket& socket,
                                                 const asio::ip::tcp::endpoint& to);

  /// Returns the state of the connection, from the results of getpeername and SO_ERROR.
  static std::error_code judge(std::error_code peer, std::error_code pending) noexcept;
};

using native_connecting = posix_connecting;

#else

using native_connecting = asio_connecting;

#endif

}  // namespace wsx
