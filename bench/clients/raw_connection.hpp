#pragma once

#include "../common/openssl.hpp"
#include "plan.hpp"

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <string>

namespace bench::raw {

/// A socket whose opening handshake is through.
struct connection {
  explicit connection(const asio::any_io_executor& executor) : socket(executor) {}
  ~connection();

  asio::ip::tcp::socket socket;
  ssl_ptr ssl{};  // on the socket; null without TLS
};

using connection_ptr = std::shared_ptr<connection>;

/// Connects, with the least that a server can be satisfied with; over TLS it resumes the session
/// of the connection before.
class dialer {
 public:
  explicit dialer(const plan& p);

  /// One or several at a time.
  asio::awaitable<connection_ptr> dial();

 private:
  asio::awaitable<void> open_plain(connection_ptr c);
  asio::awaitable<void> open_tls(connection_ptr c);

  asio::ip::tcp::endpoint server_;
  std::string request_;
  ssl_context_ptr context_;
  ssl_session_ptr session_;
};

}  // namespace bench::raw
