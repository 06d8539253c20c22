#include "connecting.hpp"

#include "socket_setup.hpp"

#include <asio/error.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

namespace wsx {

using asio::ip::tcp;
using local = asio::generic::stream_protocol;

template <class Socket>
std::error_code asio_connecting::begin(Socket& socket, const endpoint_of<Socket>& to,
                                       socket_setup* setup) {
  std::error_code error;
  socket.close(error);  // of the previous address
  socket.open(to.protocol(), error);
  if (!error) socket.non_blocking(true, error);
  if (!error && setup != nullptr) error = setup->before_connect(socket, to.protocol());
  return error ? error : make_error_code(asio::error::in_progress);
}

template <class Socket>
asio::awaitable<std::error_code> asio_connecting::finish(Socket& socket,
                                                         const endpoint_of<Socket>& to) {
  std::error_code error;
  co_await socket.async_connect(to, asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

template std::error_code asio_connecting::begin(tcp::socket&, const tcp::endpoint&, socket_setup*);
template asio::awaitable<std::error_code> asio_connecting::finish(tcp::socket&,
                                                                  const tcp::endpoint&);
template std::error_code asio_connecting::begin(local::socket&, const local::endpoint&,
                                                socket_setup*);
template asio::awaitable<std::error_code> asio_connecting::finish(local::socket&,
                                                                  const local::endpoint&);

}  // namespace wsx
