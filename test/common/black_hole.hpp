#pragma once

#include "../../lib/transport/connecting.hpp"

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

namespace common_test {

/// An address of this machine that answers no SYN: a listening socket whose queue is full. That is
/// how Linux treats it; other systems may refuse.
class black_hole {
 public:
  explicit black_hole(const std::string& address = "127.0.0.2", std::uint16_t port = 0)
      : acceptor_(io_) {
    using asio::ip::tcp;
    const tcp::endpoint at(asio::ip::make_address(address), port);
    acceptor_.open(at.protocol());
    acceptor_.bind(at);
    acceptor_.listen(0);
    std::error_code error;
    while (!error)
      error = wsx::native_connecting::begin(waiting_.emplace_back(io_), acceptor_.local_endpoint());
    REQUIRE(error == asio::error::in_progress);
  }

  asio::ip::tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

 private:
  asio::io_context io_;
  asio::ip::tcp::acceptor acceptor_;
  std::vector<asio::ip::tcp::socket> waiting_;
};

}  // namespace common_test
