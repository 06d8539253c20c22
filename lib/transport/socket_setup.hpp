#pragma once

#include <wsx/config.hpp>

#include <wsx/socket_options.hpp>

#include <asio/generic/stream_protocol.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>

#include <string_view>
#include <system_error>

namespace wsx {

/// Sets `socket_options` on sockets.
class socket_setup {
 public:
  /// The options outlive it.
  explicit socket_setup(const socket_options& options) noexcept : options_(options) {}

  /// Sets the options of a socket that is open and not yet connected, and calls `before_connect`.
  std::error_code before_connect(asio::ip::tcp::socket& socket, const asio::ip::tcp& protocol);

  /// The same for a unix-domain socket.
  std::error_code before_connect(asio::generic::stream_protocol::socket& socket,
                                 const asio::generic::stream_protocol& protocol);

  /// Sets what is set on a connected socket, and calls `after_connect`.
  std::error_code after_connect(asio::ip::tcp::socket& socket);
  std::error_code after_connect(asio::generic::stream_protocol::socket& socket);

  /// Returns which option was the last to fail: "dial.socket.keepalive". Empty: none.
  std::string_view failed() const noexcept { return failed_; }

 private:
  template <class Socket>
  std::error_code set_buffers(Socket& socket);
  std::error_code set_keepalive(asio::ip::tcp::socket& socket);
  std::error_code set_service(asio::ip::tcp::socket& socket, const asio::ip::tcp& protocol);
  std::error_code bind(asio::ip::tcp::socket& socket);
  std::error_code call(const shared_function<void(native_socket)>& hook, native_socket socket,
                       std::string_view name);
  std::error_code note(std::error_code error, std::string_view option) noexcept;

  const socket_options& options_;
  std::string_view failed_{};
};

/// Returns whether the options let a socket connect to the address: it has the family of
/// `local_address`.
bool may_connect(const socket_options& options, const asio::ip::address& to);

}  // namespace wsx
