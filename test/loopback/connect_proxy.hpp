#pragma once

#include <wsx/testing/certificates.hpp>

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/ssl.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace loopback_test {

/// A proxy that answers the method CONNECT and passes bytes on, over TLS if it has a certificate.
/// Whatever host it is asked for, it connects to that port of this machine.
class connect_proxy {
 public:
  explicit connect_proxy(const std::optional<wsx::testing::certificate>& tls = std::nullopt) {
    if (tls) {
      tls_.emplace(asio::ssl::context::tls_server);
      tls_->use_certificate_chain(asio::buffer(tls->certificate_pem));
      tls_->use_private_key(asio::buffer(tls->key_pem), asio::ssl::context::pem);
    }
    asio::co_spawn(io_, accept(*this), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~connect_proxy() {
    io_.stop();
    thread_.join();
  }
  connect_proxy(const connect_proxy&) = delete;
  connect_proxy& operator=(const connect_proxy&) = delete;

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string url() const {
    return std::string(tls_ ? "https" : "http") + "://127.0.0.1:" + std::to_string(port());
  }

  /// The heads that clients have sent.
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  using tcp = asio::ip::tcp;
  using tls_stream = asio::ssl::stream<tcp::socket>;

  static asio::awaitable<void> accept(connect_proxy& self) {
    for (;;) {
      tcp::socket client = co_await self.acceptor_.async_accept(asio::use_awaitable);
      if (!self.tls_) {
        auto plain = std::make_shared<tcp::socket>(std::move(client));
        asio::co_spawn(self.io_, serve(self, std::move(plain)), asio::detached);
        continue;
      }
      auto secure = std::make_shared<tls_stream>(std::move(client), *self.tls_);
      asio::co_spawn(self.io_, serve_tls(self, std::move(secure)), asio::detached);
    }
  }

  static asio::awaitable<void> serve_tls(connect_proxy& self, std::shared_ptr<tls_stream> client) {
    std::error_code error;
    co_await client->async_handshake(asio::ssl::stream_base::server,
                                     asio::redirect_error(asio::use_awaitable, error));
    if (!error) co_await serve(self, std::move(client));
  }

  template <class Stream>
  static asio::awaitable<void> serve(connect_proxy& self, std::shared_ptr<Stream> client) {
    std::string head;
    std::error_code error;
    co_await asio::async_read_until(*client, asio::dynamic_buffer(head), "\r\n\r\n",
                                    asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    self.note(head);
    const std::string target = head.substr(8, head.find(' ', 8) - 8);  // after "CONNECT "
    const auto port = static_cast<std::uint16_t>(std::stoi(target.substr(target.rfind(':') + 1)));
    auto server = std::make_shared<tcp::socket>(self.io_);
    const tcp::endpoint there(asio::ip::address_v4::loopback(), port);
    co_await server->async_connect(there, asio::redirect_error(asio::use_awaitable, error));
    const std::string answer =
        error ? "HTTP/1.1 502 Bad Gateway\r\n\r\n" : "HTTP/1.1 200 OK\r\n\r\n";
    const bool refused = static_cast<bool>(error);
    co_await asio::async_write(*client, asio::buffer(answer),
                               asio::redirect_error(asio::use_awaitable, error));
    if (refused || error) co_return;
    asio::co_spawn(self.io_, pass_on(client, server), asio::detached);
    co_await pass_on(server, client);
  }

  template <class From, class To>
  static asio::awaitable<void> pass_on(std::shared_ptr<From> from, std::shared_ptr<To> to) {
    std::vector<char> room(64 * 1024);
    for (std::error_code error; !error;) {
      const auto bytes = co_await from->async_read_some(
          asio::buffer(room), asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
      co_await asio::async_write(*to, asio::buffer(room, bytes),
                                 asio::redirect_error(asio::use_awaitable, error));
    }
    std::error_code ignored;
    to->lowest_layer().shutdown(tcp::socket::shutdown_send, ignored);
  }

  void note(std::string head) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(head));
  }

  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::optional<asio::ssl::context> tls_{};
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace loopback_test
