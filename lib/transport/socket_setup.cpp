#include "socket_setup.hpp"

#include <asio/error.hpp>

#if __has_include(<sys/socket.h>)
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#endif

namespace wsx {

namespace {

using asio::ip::tcp;
using local_socket = asio::generic::stream_protocol::socket;

// An option whose value is an int, as Asio's `set_option` takes it.
class int_option {
 public:
  int_option(int level, int name, std::int64_t value) noexcept
      : level_(level), name_(name), value_(static_cast<int>(value)) {}

  template <class Protocol>
  int level(const Protocol&) const noexcept {
    return level_;
  }
  template <class Protocol>
  int name(const Protocol&) const noexcept {
    return name_;
  }
  template <class Protocol>
  const int* data(const Protocol&) const noexcept {
    return &value_;
  }
  template <class Protocol>
  std::size_t size(const Protocol&) const noexcept {
    return sizeof value_;
  }

 private:
  int level_;
  int name_;
  int value_;
};

template <class Socket>
std::error_code set(Socket& socket, int level, int name, std::int64_t value) {
  std::error_code error;
  socket.set_option(int_option(level, name, value), error);
  return error;
}

// Not by `set_option`: the value is text.
std::error_code bind_to_interface([[maybe_unused]] tcp::socket& socket,
                                  [[maybe_unused]] const std::string& name) {
#if defined(SO_BINDTODEVICE)
  const auto size = static_cast<socklen_t>(name.size());
  if (::setsockopt(socket.native_handle(), SOL_SOCKET, SO_BINDTODEVICE, name.data(), size) == 0)
    return {};
  return {errno, asio::error::get_system_category()};
#else
  return asio::error::operation_not_supported;
#endif
}

}  // namespace

std::error_code socket_setup::note(std::error_code error, std::string_view option) noexcept {
  if (error) failed_ = option;
  return error;
}

// Before connecting: the receive buffer decides about the window scale. RFC 7323 2.2.
template <class Socket>
std::error_code socket_setup::set_buffers(Socket& socket) {
  const auto receive = static_cast<std::int64_t>(options_.receive_buffer);
  const auto send = static_cast<std::int64_t>(options_.send_buffer);
  std::error_code error;
  if (receive != 0) error = set(socket, SOL_SOCKET, SO_RCVBUF, receive);
  if (error) return note(error, "dial.socket.receive_buffer");
  if (send != 0) error = set(socket, SOL_SOCKET, SO_SNDBUF, send);
  return note(error, "dial.socket.send_buffer");
}

std::error_code socket_setup::set_keepalive(tcp::socket& socket) {
  const auto& how = options_.keepalive;
  if (!how) return {};
  auto error = set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
#if defined(TCP_KEEPIDLE)
  if (!error) error = set(socket, IPPROTO_TCP, TCP_KEEPIDLE, how->idle.count());
#elif defined(TCP_KEEPALIVE)  // macOS
  if (!error) error = set(socket, IPPROTO_TCP, TCP_KEEPALIVE, how->idle.count());
#endif
#if defined(TCP_KEEPINTVL) && defined(TCP_KEEPCNT)
  if (!error) error = set(socket, IPPROTO_TCP, TCP_KEEPINTVL, how->interval.count());
  if (!error) error = set(socket, IPPROTO_TCP, TCP_KEEPCNT, how->count);
#endif
  return note(error, "dial.socket.keepalive");
}

std::error_code socket_setup::set_service(tcp::socket& socket, const tcp& protocol) {
  if (options_.type_of_service == 0) return {};
  std::error_code error;
  if (protocol == tcp::v4()) {
    error = set(socket, IPPROTO_IP, IP_TOS, options_.type_of_service);
  } else {
#if defined(IPV6_TCLASS)
    error = set(socket, IPPROTO_IPV6, IPV6_TCLASS, options_.type_of_service);
#else
    error = asio::error::operation_not_supported;
#endif
  }
  return note(error, "dial.socket.type_of_service");
}

std::error_code socket_setup::bind(tcp::socket& socket) {
  std::error_code error;
  if (!options_.interface_name.empty()) error = bind_to_interface(socket, options_.interface_name);
  if (error) return note(error, "dial.socket.interface_name");
  if (options_.local_address.empty()) return {};
#if defined(IP_BIND_ADDRESS_NO_PORT)
  // Otherwise a port is taken for all servers, of which there are few. An old system can't do that.
  set(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
#endif
  const auto address = asio::ip::make_address(options_.local_address, error);
  if (!error) socket.bind(tcp::endpoint(address, 0), error);
  return note(error, "dial.socket.local_address");
}

std::error_code socket_setup::call(const shared_function<void(native_socket)>& hook,
                                   native_socket socket, std::string_view name) {
  try {
    if (hook) hook(socket);
    return {};
  } catch (const std::system_error& thrown) {
    if (!thrown.code()) throw;
    return note(thrown.code(), name);
  }
}

std::error_code socket_setup::before_connect(tcp::socket& socket, const tcp& protocol) {
  if (const auto error = set_buffers(socket)) return error;
  if (const auto error = set_keepalive(socket)) return error;
  if (const auto error = set_service(socket, protocol)) return error;
  if (const auto error = bind(socket)) return error;
  return call(options_.before_connect, socket.native_handle(), "dial.socket.before_connect");
}

std::error_code socket_setup::before_connect(local_socket& socket,
                                             const asio::generic::stream_protocol&) {
  if (const auto error = set_buffers(socket)) return error;
  return call(options_.before_connect, socket.native_handle(), "dial.socket.before_connect");
}

std::error_code socket_setup::after_connect(tcp::socket& socket) {
  std::error_code error;
  if (options_.no_delay) socket.set_option(tcp::no_delay(true), error);
  if (error) return note(error, "dial.socket.no_delay");
  return call(options_.after_connect, socket.native_handle(), "dial.socket.after_connect");
}

std::error_code socket_setup::after_connect(local_socket& socket) {
  return call(options_.after_connect, socket.native_handle(), "dial.socket.after_connect");
}

bool may_connect(const socket_options& options, const asio::ip::address& to) {
  if (options.local_address.empty()) return true;
  std::error_code invalid;
  const auto from = asio::ip::make_address(options.local_address, invalid);
  return invalid || from.is_v6() == to.is_v6();
}

}  // namespace wsx
