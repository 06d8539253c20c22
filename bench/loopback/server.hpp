#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <atomic>
#include <cstdint>
#include <thread>

namespace bench {

/// A server that costs as little as possible: it blocks, knows all sizes beforehand, and believes
/// whatever the client sends. One connection at a time, on a thread and a core of its own. The
/// path of the URL says what it does:
///
/// - `/blast/binary/SIZE`, `/blast/text/SIZE`: sends messages of that size until the client goes.
/// - `/sink`: reads and forgets.
/// - `/echo/SIZE`: answers each message of that size with its payload.
class server {
 public:
  explicit server(unsigned core);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  void run(unsigned core);

  asio::io_context context_;
  asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace bench
