#include "kernel_buffer.hpp"

#if defined(__linux__)
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#endif

namespace wsx {

#if defined(__linux__)

void bound_unsent(asio::ip::tcp::socket& socket) noexcept {
  const int most = 256 * 1024;
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most, sizeof most);
}

std::optional<std::size_t> unacknowledged(asio::ip::tcp::socket& socket) noexcept {
  int count = 0;
  if (::ioctl(socket.native_handle(), SIOCOUTQ, &count) != 0) return std::nullopt;
  return static_cast<std::size_t>(count);
}

#else

void bound_unsent(asio::ip::tcp::socket&) noexcept {}

std::optional<std::size_t> unacknowledged(asio::ip::tcp::socket&) noexcept {
  return std::nullopt;
}

#endif

}  // namespace wsx
