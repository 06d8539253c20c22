#pragma once

#include <wsx/config.hpp>

#include "proxy.hpp"

#include <wsx/bytes.hpp>

#include <asio/ip/address.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace wsx {

/// What is said to a proxy, and what it answers, until the way to the host is open. It knows no
/// sockets. The proxy speaks only when it was asked: bytes behind an answer are an error.
class proxy_exchange {
 public:
  proxy_exchange() = default;
  proxy_exchange(const proxy_exchange&) = delete;
  proxy_exchange& operator=(const proxy_exchange&) = delete;
  virtual ~proxy_exchange() = default;

  /// Returns what is to be sent now: at the beginning, and after `feed`. Empty: nothing.
  std::string take_output() noexcept { return std::exchange(output_, {}); }

  /// Takes what the proxy has sent. With an error, which ends the exchange, `what` is a phrase for
  /// people; what the proxy said is escaped and bounded in it.
  virtual std::error_code feed(bytes_view input, std::string& what) = 0;

  /// Returns such a phrase for a proxy that has ended the connection before `done`.
  virtual std::string describe_end() const = 0;

  /// Returns whether the way is open.
  bool done() const noexcept { return done_; }

 protected:
  std::string output_{};
  bool done_ = false;
};

/// Asks by the method CONNECT of HTTP/1.1. RFC 9110 9.3.6.
std::unique_ptr<proxy_exchange> make_http_connect(const proxy& by, const url& to);

/// What a SOCKS proxy is asked to connect to: a name, or an address if the name is empty.
struct socks_destination {
  std::string name{};
  asio::ip::address address{};
  std::uint16_t port = 0;
};

/// The limit of a name in SOCKS. RFC 1928 5.
inline constexpr std::size_t max_socks_name = 255;

/// Asks by SOCKS 5. RFC 1928, and RFC 1929 if the proxy's URL has a name and password.
std::unique_ptr<proxy_exchange> make_socks5(const proxy& by, const socks_destination& to);

}  // namespace wsx
