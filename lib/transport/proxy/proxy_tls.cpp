#include "proxy_tls.hpp"

#include <wsx/transport/strand.hpp>

#include <asio/post.hpp>

namespace wsx {

io_result proxy_tls::read_some(std::span<std::byte> room) noexcept {
  const io_result result = tls_.read_some(room);
  more_ = result.bytes == room.size();
  return result;
}

// Who reads a socket need not read it until it is empty before waiting. TLS above does not.
void proxy_tls::async_wait(io_direction direction, wait_handler ready) {
  if (direction == io_direction::write || !more_)
    return tls_.async_wait(direction, std::move(ready));
  const strand& serial = ready.serial();
  auto at_once = [r = std::move(ready)] { r(std::error_code()); };
  asio::post(serial, std::move(at_once));
}

asio::awaitable<std::error_code> proxy_tls::ready(io_direction direction) {
  if (direction == io_direction::read && more_) co_return std::error_code();
  co_return co_await tls_.ready(direction);
}

}  // namespace wsx
