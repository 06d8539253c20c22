#include "connecting.hpp"

#include <asio/error.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace wsx {

namespace {

using asio::ip::tcp;

std::error_code system_error_of(int number) noexcept {
  return {number, asio::error::get_system_category()};
}

// Asio's own `open` makes sockets that a program which is started meanwhile inherits: that would
// keep the connection alive when it is closed here.
std::error_code open_socket(tcp::socket& socket, const tcp& protocol) {
#ifdef SOCK_CLOEXEC
  const int made = ::socket(protocol.family(), SOCK_STREAM | SOCK_CLOEXEC, protocol.protocol());
#else
  const int made = ::socket(protocol.family(), SOCK_STREAM, protocol.protocol());
  if (made >= 0) ::fcntl(made, F_SETFD, FD_CLOEXEC);
#endif
  if (made < 0) return system_error_of(errno);
#ifdef SO_NOSIGPIPE  // where `send` has no flag for it
  const int on = 1;
  ::setsockopt(made, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  std::error_code error;
  socket.assign(protocol, made, error);
  if (error) ::close(made);
  return error;
}

}  // namespace

// Asio always waits for its reactor, and never looks whether that is needed.
std::error_code begin_connect(tcp::socket& socket, const tcp::endpoint& to) {
  std::error_code error;
  socket.close(error);  // of the address before
  error = open_socket(socket, to.protocol());
  if (!error) socket.non_blocking(true, error);
  if (error) return error;
  if (::connect(socket.native_handle(), to.data(), static_cast<socklen_t>(to.size())) == 0)
    return {};
  error = system_error_of(errno);
  return error == asio::error::in_progress ? connect_result(socket) : error;
}

// A socket that has a peer is connected. One that has none may still get one, unless there was an
// error.
std::error_code connect_result(tcp::socket& socket) {
  std::error_code unconnected;
  socket.remote_endpoint(unconnected);
  if (unconnected != asio::error::not_connected) return unconnected;
  int number = 0;
  socklen_t size = sizeof number;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &number, &size) != 0)
    number = errno;
  return number == 0 ? make_error_code(asio::error::in_progress) : system_error_of(number);
}

}  // namespace wsx
