#include "../../lib/transport/connecting.hpp"

#include "../../lib/transport/kernel_buffer.hpp"

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <exception>
#include <string>
#include <thread>
#include <vector>

#ifdef __linux__
#include <sys/wait.h>
#include <unistd.h>
#endif

using asio::ip::tcp;

namespace {

const auto here = asio::ip::address_v4::loopback();

// What it comes to in the end.
template <class Way>
std::error_code finish(asio::io_context& io, tcp::socket& socket, const tcp::endpoint& to) {
  std::error_code result = asio::error::in_progress;
  asio::co_spawn(io, Way::finish(socket, to),
                 [&](const std::exception_ptr&, std::error_code error) { result = error; });
  io.restart();
  io.run();
  return result;
}

template <class Way = wsx::native_connecting>
std::error_code connect(asio::io_context& io, tcp::socket& socket, const tcp::endpoint& to) {
  const auto begun = Way::begin(socket, to);
  return begun == asio::error::in_progress ? finish<Way>(io, socket, to) : begun;
}

// Where nobody listens.
tcp::endpoint unused_endpoint(asio::io_context& io) {
  return tcp::acceptor(io, tcp::endpoint(here, 0)).local_endpoint();
}

}  // namespace

TEST_SUITE("transport/connecting") {
  TEST_CASE_TEMPLATE("a socket is connected, and does not block", Way, wsx::native_connecting,
                     wsx::asio_connecting) {
    asio::io_context io;
    tcp::acceptor acceptor(io, tcp::endpoint(here, 0));
    tcp::socket socket(io);
    CHECK(connect<Way>(io, socket, acceptor.local_endpoint()) == std::error_code());
    CHECK(socket.remote_endpoint() == acceptor.local_endpoint());
    CHECK(socket.non_blocking());
  }

#ifdef __linux__

  namespace {

  // Whether a program that is started now inherits a descriptor.
  bool inherited(int descriptor) {
    const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
    const pid_t child = ::fork();
    if (child == 0) {
      ::execl("/usr/bin/test", "test", "-e", path.c_str(), static_cast<char*>(nullptr));
      ::_exit(2);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) < 2);
    return WEXITSTATUS(status) == 0;
  }

  }  // namespace

  // Without the bound it is more than 2 MiB.
  TEST_CASE("a full socket with a bound holds less than a megabyte, and says how much") {
    asio::io_context io;
    tcp::acceptor acceptor(io, tcp::v4());
    acceptor.set_option(asio::socket_base::receive_buffer_size(16 * 1024));
    acceptor.bind(tcp::endpoint(here, 0));
    acceptor.listen();
    tcp::socket socket(io);
    REQUIRE(connect(io, socket, acceptor.local_endpoint()) == std::error_code());
    wsx::bound_unsent(socket);
    CHECK(wsx::unacknowledged(socket) == 0);
    std::vector<char> bytes(64 * 1024);
    std::size_t held = 0;
    std::error_code error;
    while (!error) held += socket.write_some(asio::buffer(bytes), error);
    CHECK(error == asio::error::would_block);
    CHECK(held < 1024 * 1024);
    const auto before = wsx::unacknowledged(socket).value();
    CHECK(before > 0);
    CHECK(before <= held);
    // The server takes some: the kernel has less.
    tcp::socket server = acceptor.accept();
    for (std::size_t taken = 0; taken < held / 2;) taken += server.read_some(asio::buffer(bytes));
    while (wsx::unacknowledged(socket).value() >= before) std::this_thread::yield();
  }

  TEST_CASE("a program that is started does not inherit the socket") {
    asio::io_context io;
    tcp::acceptor acceptor(io, tcp::endpoint(here, 0));
    tcp::socket socket(io);
    REQUIRE(connect(io, socket, acceptor.local_endpoint()) == std::error_code());
    CHECK_FALSE(inherited(socket.native_handle()));
    CHECK(inherited(acceptor.native_handle()));  // Asio's own are
  }

#endif

  TEST_CASE_TEMPLATE("a server that refuses, and then another one", Way, wsx::native_connecting,
                     wsx::asio_connecting) {
    asio::io_context io;
    tcp::socket socket(io);
    CHECK(connect<Way>(io, socket, unused_endpoint(io)) == asio::error::connection_refused);
    tcp::acceptor acceptor(io, tcp::endpoint(here, 0));
    CHECK(connect<Way>(io, socket, acceptor.local_endpoint()) == std::error_code());
  }

#if __has_include(<sys/socket.h>)

  TEST_CASE("a server whose queue is full keeps it in progress, until it accepts") {
    using way = wsx::posix_connecting;
    asio::io_context io;
    tcp::acceptor acceptor(io, tcp::v4());
    acceptor.bind(tcp::endpoint(here, 0));
    acceptor.listen(0);
    const tcp::endpoint server = acceptor.local_endpoint();
    std::vector<tcp::socket> sockets;
    auto result = std::error_code();
    while (!result) result = way::begin(sockets.emplace_back(io), server);
    REQUIRE(result == asio::error::in_progress);
    std::vector<tcp::socket> accepted;
    for (std::size_t i = 0; i < sockets.size(); ++i) accepted.push_back(acceptor.accept());
    CHECK(finish<way>(io, sockets.back(), server) == std::error_code());
  }

  TEST_CASE("a connection that was refused is, whatever getpeername says") {
    using way = wsx::posix_connecting;
    const std::error_code none;
    const std::error_code unconnected = asio::error::not_connected;
    const std::error_code refused = asio::error::connection_refused;
    const std::error_code shut_down = asio::error::invalid_argument;  // by macOS, if it was refused
    CHECK(way::judge(none, none) == none);
    CHECK(way::judge(unconnected, none) == asio::error::in_progress);
    CHECK(way::judge(unconnected, refused) == refused);
    CHECK(way::judge(shut_down, refused) == refused);
    CHECK(way::judge(shut_down, none) == shut_down);
  }

#endif
}
