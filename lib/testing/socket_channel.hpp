#pragma once

#include "wait_limit.hpp"

#include <wsx/testing/script_error.hpp>
#include <wsx/testing/server_connection.hpp>

#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <system_error>

namespace wsx::testing {

/// Thrown to wake a script when the server is destroyed; it is never reported.
class server_stopped : public script_error {
 public:
  server_stopped() : script_error("the server was destroyed") {}
};

/// Returns the port of an address of TCP; 0 if it is a path.
inline std::uint16_t port_of(const asio::generic::stream_protocol::endpoint& address) {
  asio::ip::tcp::endpoint known;
  const int family = address.protocol().family();
  if (family != asio::ip::tcp::v4().family() && family != asio::ip::tcp::v6().family()) return 0;
  const auto* const bytes = reinterpret_cast<const char*>(address.data());
  std::copy_n(bytes, std::min(address.size(), known.capacity()),
              reinterpret_cast<char*>(known.data()));
  return known.port();
}

/// A socket with blocking calls that have a deadline. They are asynchronous operations that run
/// on an io_context of the socket until they complete or the deadline passes. A stop from another
/// thread is thus an ordinary handler, and no two threads ever use the socket.
class socket_channel {
 public:
  socket_channel() : socket_(context_) {}

  /// For the acceptor.
  asio::generic::stream_protocol::socket& socket() noexcept { return socket_; }
  asio::generic::stream_protocol::endpoint& peer() noexcept { return peer_; }

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
  asio::generic::stream_protocol::socket socket_;
  asio::generic::stream_protocol::endpoint peer_;
  stream_end ended_ = stream_end::open;
  bool stopped_ = false;  // used only by handlers and the thread that runs them
};

}  // namespace wsx::testing
