#pragma once

#include <wsx/config.hpp>

#include <wsx/socket_options.hpp>
#include <wsx/transport/strand.hpp>
#include <wsx/transport/transport.hpp>

#include <asio/buffer.hpp>
#include <asio/socket_base.hpp>

#include <span>
#include <utility>

// What transports do with a connected stream socket of Asio, whatever its protocol.
namespace wsx {

inline asio::socket_base::wait_type wait_type(io_direction direction) noexcept {
  return direction == io_direction::read ? asio::socket_base::wait_read
                                         : asio::socket_base::wait_write;
}

template <class Socket>
io_result read_from(Socket& socket, std::span<std::byte> room) noexcept {
  io_result result;
  result.bytes = socket.read_some(asio::buffer(room.data(), room.size()), result.error);
  return result;
}

template <class Socket>
io_result write_to(Socket& socket, bytes_view bytes) noexcept {
  io_result result;
  result.bytes = socket.write_some(asio::buffer(bytes.data(), bytes.size()), result.error);
  return result;
}

/// The socket runs on the strand's inner executor, and the handler has its own strand. If the
/// socket's executor were a strand behind an `any_io_executor`, each wait would allocate copies of
/// it.
template <class Socket>
void wait_for(Socket& socket, io_direction direction, wait_handler ready) {
  const strand& serial = ready.serial();
  socket.async_wait(wait_type(direction), on_strand(serial, std::move(ready)));
}

template <class Socket>
void shut_down(Socket& socket) noexcept {
  std::error_code ignored;
  socket.shutdown(asio::socket_base::shutdown_send, ignored);
}

/// Returns whether it is a unix-domain socket.
inline bool is_local(const connected_socket& socket) {
  std::error_code error;
  const auto endpoint = socket.local_endpoint(error);
  return !error && endpoint.protocol().family() == AF_UNIX;
}

/// Takes a socket from its executor. `protocol` is what it is for the one that takes it.
template <class Socket>
std::error_code take_over(Socket& socket, connected_socket&& from,
                          const typename Socket::protocol_type& protocol) {
  std::error_code error;
  const native_socket handle = from.release(error);
  if (error) return error;
  socket.assign(protocol, handle, error);
  if (error) {
    std::error_code ignored;
    from.assign(connected_socket::protocol_type(protocol), handle, ignored);  // which closes it
    return error;
  }
  socket.non_blocking(true, error);
  return error;
}

}  // namespace wsx
