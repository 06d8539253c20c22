#include "connecting.hpp"

#include <asio/error.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

namespace wsx {

using asio::ip::tcp;

std::error_code asio_connecting::begin(tcp::socket& socket, const tcp::endpoint& to) {
  std::error_code error;
  socket.close(error);  // of the previous address
  socket.open(to.protocol(), error);
  if (!error) socket.non_blocking(true, error);
  return error ? error : make_error_code(asio::error::in_progress);
}

asio::awaitable<std::error_code> asio_connecting::finish(tcp::socket& socket,
                                                         const tcp::endpoint& to) {
  std::error_code error;
  co_await socket.async_connect(to, asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

}  // namespace wsx
