#pragma once

#include "wait_limit.hpp"

#include <wsx/testing/script_error.hpp>
#include <wsx/testing/server_connection.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <cstddef>
#include <span>
#include <string_view>
#include <system_error>

namespace wsx::testing {

/// Thrown to wake a script when the server is destroyed; it is never reported.
class server_stopped : public script_error {
 public:
  server_stopped() : script_error("the server was destroyed") {}
};

/// A TCP socket with blocking calls that have a deadline. They are asynchronous operations that run
/// on an io_context of the socket until they complete or the deadline passes. A stop from another
/// thread is thus an ordinary handler, and no two threads ever use the socket.
class socket_channel {
 public:
  socket_channel() : socket_(context_) {}

  /// For the acceptor.
  asio::ip::tcp::socket& socket() noexcept { return socket_; }
  asio::ip::tcp::endpoint& peer() noexcept { return peer_; }

  /// Reads at least one byte; returns 0 when the peer has ended its side, see `ended`.
  std::size_t read_some(std::span<char> into, const wait_limit& limit);
  void write(std::string_view bytes, const wait_limit& limit);
  void shutdown_send() noexcept;
  void reset() noexcept;
  void close() noexcept;

  bool is_open() const noexcept { return socket_.is_open(); }
  stream_end ended() const noexcept { return ended_; }

  /// From any thread: closes the socket and makes this and all later calls throw `server_stopped`.
  void stop();

 private:
  struct outcome {
    std::error_code error;
    std::size_t bytes;
  };

  /// `start` starts one operation that is not composed of others, so that cancellation ends it.
  template <class Start>
  outcome run(Start start, const wait_limit& limit);

  asio::io_context context_{1};
  asio::ip::tcp::socket socket_;
  asio::ip::tcp::endpoint peer_;
  stream_end ended_ = stream_end::open;
  bool stopped_ = false;  // used only by handlers and the thread that runs them
};

}  // namespace wsx::testing
