#include "connecting.hpp"
#include "socket_setup.hpp"

#if __has_include(<sys/socket.h>)

#include <asio/error.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace wsx {

namespace {

using asio::ip::tcp;
using local = asio::generic::stream_protocol;

std::error_code system_error_of(int number) noexcept {
  return {number, asio::error::get_system_category()};
}

// Asio's own `open` makes sockets that a program started meanwhile inherits, which would keep the
// connection alive after it is closed here.
template <class Socket>
std::error_code open_socket(Socket& socket, const typename Socket::protocol_type& protocol) {
#ifdef SOCK_CLOEXEC
  const int made = ::socket(protocol.family(), SOCK_STREAM | SOCK_CLOEXEC, protocol.protocol());
#else
  const int made = ::socket(protocol.family(), SOCK_STREAM, protocol.protocol());
  if (made >= 0) ::fcntl(made, F_SETFD, FD_CLOEXEC);
#endif
  if (made < 0) return system_error_of(errno);
#ifdef SO_NOSIGPIPE  // if `send` has no flag for it
  const int on = 1;
  ::setsockopt(made, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  std::error_code error;
  socket.assign(protocol, made, error);
  if (error) ::close(made);
  return error;
}

template <class Socket>
std::error_code pending_error(Socket& socket) noexcept {
  int number = 0;
  socklen_t size = sizeof number;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &number, &size) != 0)
    number = errno;
  return system_error_of(number);
}

template <class Socket>
std::error_code state_of(Socket& socket) {
  std::error_code peer;
  socket.remote_endpoint(peer);
  return posix_connecting::judge(peer, peer ? pending_error(socket) : std::error_code());
}

}  // namespace

// Asio always waits for its reactor, even if that is not necessary.
template <class Socket>
std::error_code posix_connecting::begin(Socket& socket, const endpoint_of<Socket>& to,
                                        socket_setup* setup) {
  std::error_code error;
  socket.close(error);  // of the previous address
  error = open_socket(socket, to.protocol());
  if (!error) socket.non_blocking(true, error);
  if (!error && setup != nullptr) error = setup->before_connect(socket, to.protocol());
  if (error) return error;
  if (::connect(socket.native_handle(), to.data(), static_cast<socklen_t>(to.size())) == 0)
    return {};
  error = system_error_of(errno);
  return error == asio::error::in_progress ? state_of(socket) : error;
}

template <class Socket>
asio::awaitable<std::error_code> posix_connecting::finish(Socket& socket,
                                                          const endpoint_of<Socket>&) {
  std::error_code error = asio::error::in_progress;
  while (error == asio::error::in_progress) {
    co_await socket.async_wait(Socket::wait_write,
                               asio::redirect_error(asio::use_awaitable, error));
    if (!error) error = state_of(socket);
  }
  co_return error;
}

// A socket that has a peer is connected. One without a peer may still get one, unless there was an
// error. The error is checked first: on macOS getpeername returns EINVAL for a refused connection.
std::error_code posix_connecting::judge(std::error_code peer, std::error_code pending) noexcept {
  if (!peer) return {};
  if (pending) return pending;
  return peer == asio::error::not_connected ? make_error_code(asio::error::in_progress) : peer;
}

template std::error_code posix_connecting::begin(tcp::socket&, const tcp::endpoint&, socket_setup*);
template asio::awaitable<std::error_code> posix_connecting::finish(tcp::socket&,
                                                                   const tcp::endpoint&);
template std::error_code posix_connecting::begin(local::socket&, const local::endpoint&,
                                                 socket_setup*);
template asio::awaitable<std::error_code> posix_connecting::finish(local::socket&,
                                                                   const local::endpoint&);

}  // namespace wsx

#endif
