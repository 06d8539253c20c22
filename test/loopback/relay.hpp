#pragma once

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <system_error>
#include <thread>
#include <vector>

namespace loopback_test {

struct relay_options {
  std::size_t bytes_per_second = 125'000;  ///< from each client to the server; 1 Mbit/s
  int receive_buffer = 16 * 1024;          ///< bytes that the kernel keeps from a client
  /// After this many bytes from a client its connection stalls in both directions; TCP stays
  /// connected.
  std::size_t stops_after = std::numeric_limits<std::size_t>::max();
};

/// A slow network: passes on what clients send to a server at a bounded rate, and takes no more
/// from them than that; what the server sends goes back at once.
class relay {
 public:
  relay(std::uint16_t server_port, relay_options options)
      : server_(asio::ip::address_v4::loopback(), server_port), options_(options) {
    const asio::ip::tcp::endpoint own(asio::ip::address_v4::loopback(), 0);
    acceptor_.open(own.protocol());
    // Before it listens: the window that a client is offered first depends on it.
    acceptor_.set_option(asio::socket_base::receive_buffer_size(options.receive_buffer));
    acceptor_.bind(own);
    acceptor_.listen();
    asio::co_spawn(io_, accept(*this), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~relay() {
    io_.stop();
    thread_.join();
  }
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  using clock = std::chrono::steady_clock;

  struct connection {
    explicit connection(asio::io_context& io) : client(io), server(io), due(io) {}

    asio::ip::tcp::socket client;
    asio::ip::tcp::socket server;
    asio::steady_timer due;
    bool stopped = false;
  };
  using connection_ptr = std::shared_ptr<connection>;

  static asio::awaitable<void> accept(relay& self) {
    for (;;) {
      auto next = std::make_shared<connection>(self.io_);
      self.connections_.push_back(next);  // one that is stopped stays open
      co_await self.acceptor_.async_accept(next->client, asio::use_awaitable);
      co_await next->server.async_connect(self.server_, asio::use_awaitable);
      asio::co_spawn(self.io_, upload(next, self.options_), asio::detached);
      asio::co_spawn(self.io_, download(next), asio::detached);
    }
  }

  static asio::awaitable<void> upload(connection_ptr c, relay_options how) {
    std::array<char, 2048> room;
    c->due.expires_at(clock::now());
    for (std::size_t total = 0; total < how.stops_after;) {
      co_await c->due.async_wait(asio::use_awaitable);
      const auto bytes = co_await pass_on(c->client, c->server, asio::buffer(room));
      if (bytes == 0) co_return;
      total += bytes;
      const std::chrono::nanoseconds takes(1'000'000'000 * bytes / how.bytes_per_second);
      c->due.expires_at(std::max(c->due.expiry(), clock::now() - takes) + takes);
    }
    c->stopped = true;
    c->server.cancel();
  }

  static asio::awaitable<void> download(connection_ptr c) {
    std::array<char, 65536> room;
    for (std::size_t bytes = 1; bytes > 0 && !c->stopped;)
      bytes = co_await pass_on(c->server, c->client, asio::buffer(room));
  }

  // What is there, at least a byte; 0 at the end, which is passed on, too.
  static asio::awaitable<std::size_t> pass_on(asio::ip::tcp::socket& from,
                                              asio::ip::tcp::socket& to,
                                              asio::mutable_buffer room) {
    std::error_code error;
    const auto bytes =
        co_await from.async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) co_return 0;
    if (!error)
      co_await asio::async_write(to, asio::buffer(room, bytes),
                                 asio::redirect_error(asio::use_awaitable, error));
    if (!error) co_return bytes;
    to.shutdown(asio::socket_base::shutdown_send, error);
    co_return 0;
  }

  const asio::ip::tcp::endpoint server_;
  const relay_options options_;
  asio::io_context io_{1};
  asio::ip::tcp::acceptor acceptor_{io_};
  std::vector<connection_ptr> connections_;
  std::thread thread_;
};

}  // namespace loopback_test
