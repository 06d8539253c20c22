#pragma once

#include <wsx/config.hpp>

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>

#include <system_error>

namespace wsx {

/// Connects a socket in two steps, as every system that Asio knows can. A program that is started
/// meanwhile may inherit the socket.
struct asio_connecting {
  /// Makes a non-blocking socket. `asio::error::in_progress` unless that fails.
  static std::error_code begin(asio::ip::tcp::socket& socket, const asio::ip::tcp::endpoint& to);

  /// After `in_progress`: waits until the socket is connected, or can't be.
  static asio::awaitable<std::error_code> finish(asio::ip::tcp::socket& socket,
                                                 const asio::ip::tcp::endpoint& to);
};

#if __has_include(<sys/socket.h>)

/// The same with the calls of POSIX. `begin` returns no error where it has connected the socket
/// already, which is so with a server on this host: then nobody has to wait for it. No program
/// inherits the socket.
struct posix_connecting {
  static std::error_code begin(asio::ip::tcp::socket& socket, const asio::ip::tcp::endpoint& to);
  static asio::awaitable<std::error_code> finish(asio::ip::tcp::socket& socket,
                                                 const asio::ip::tcp::endpoint& to);

  /// How it stands with that, by what getpeername and then SO_ERROR say.
  static std::error_code judge(std::error_code peer, std::error_code pending) noexcept;
};

using native_connecting = posix_connecting;

#else

using native_connecting = asio_connecting;

#endif

}  // namespace wsx
