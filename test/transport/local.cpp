#include <wsx/dial_options.hpp>
#include <wsx/error.hpp>
#include <wsx/testing/temp_dir.hpp>
#include <wsx/transport/any.hpp>
#include <wsx/transport/local.hpp>

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>
#include <vector>

#if __has_include(<sys/un.h>)
#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using asio::local::stream_protocol;

namespace {

struct attempt {
  asio::io_context io;
  std::shared_ptr<wsx::dial_options> options = std::make_shared<wsx::dial_options>();
  std::shared_ptr<wsx::transport_settings> settings = std::make_shared<wsx::transport_settings>();
  std::optional<wsx::local_transport> transport{};
  wsx::url to;
  wsx::diagnostics d{};
  std::optional<std::error_code> result{};

  explicit attempt(const std::string& url) {
    std::string what;
    REQUIRE_MESSAGE(!wsx::parse_url(url, to, what), what);
    settings->dial = options;
    transport.emplace(io.get_executor(), settings);
  }
  void start() {
    asio::co_spawn(io, transport->connect(to, d),
                   [this](const std::exception_ptr&, std::error_code error) { result = error; });
    io.poll();
  }
  void run() {
    start();
    io.run();
  }
};

// A server that accepts when the test says so.
struct listening {
  wsx::testing::temp_dir folder{};
  std::string path = folder.path().string() + "/app.sock";
  asio::io_context io;
  stream_protocol::acceptor acceptor{io};

  explicit listening(int backlog = 8) {
    acceptor.open();
    acceptor.bind(stream_protocol::endpoint(path));
    acceptor.listen(backlog);
  }
  std::string url() const { return "ws+unix:" + path; }
};

std::string read(wsx::local_transport& from, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const auto got = from.read_some(std::as_writable_bytes(std::span(bytes).subspan(have)));
    if (got.error != asio::error::would_block) REQUIRE_FALSE(got.error);
    have += got.bytes;
  }
  return bytes;
}

}  // namespace

TEST_SUITE("transport/local") {
  TEST_CASE("connected: bytes go both ways, and ends are told") {
    listening server;
    attempt a(server.url());
    a.run();
    REQUIRE(a.result == std::error_code());
    CHECK(a.d.tried.empty());
    CHECK(a.transport->peer_endpoint() == "unix:" + server.path);
    CHECK(a.transport->local_endpoint().empty());
    auto peer = server.acceptor.accept();
    CHECK(a.transport->read_some({}).error == std::error_code());
    std::array<std::byte, 8> room;
    CHECK(a.transport->read_some(room).error == asio::error::would_block);
    asio::write(peer, asio::buffer("hello", 5));
    CHECK(read(*a.transport, 5) == "hello");
    CHECK(a.transport->write_some(wsx::as_bytes("you")).bytes == 3);
    std::string got(3, '\0');
    asio::read(peer, asio::buffer(got));
    CHECK(got == "you");
    a.transport->shutdown();
    std::error_code error;
    peer.read_some(asio::buffer(got), error);
    CHECK(error == asio::error::eof);
    peer.close();
    CHECK(a.transport->read_some(room).error == asio::error::eof);
  }

  TEST_CASE("a full socket takes no more, and never blocks") {
    listening server;
    attempt a(server.url());
    a.run();
    REQUIRE(a.result == std::error_code());
    auto peer = server.acceptor.accept();
    const std::string much(64 * 1024, 'x');
    std::size_t taken = 0;
    wsx::io_result last;
    while (!last.error) {
      last = a.transport->write_some(wsx::as_bytes(much));
      taken += last.bytes;
    }
    CHECK(last.error == asio::error::would_block);
    std::string got(taken, '\0');
    asio::read(peer, asio::buffer(got));
    CHECK(a.transport->write_some(wsx::as_bytes(much)).bytes > 0);
  }

  TEST_CASE("a path that is not there, is no socket, or nobody listens on") {
    const wsx::testing::temp_dir folder;
    const auto path = folder.path().string();
    const auto result_of = [](const std::string& where) {
      attempt a("ws+unix:" + where);
      a.run();
      REQUIRE(a.d.tried.size() == 1);
      CHECK(a.d.tried[0].endpoint == "unix:" + where);
      CHECK(a.d.tried[0].error == a.result);
      CHECK(a.d.stage == wsx::connect_stage::connecting);
      return a.result.value().value();
    };
    CHECK(result_of(path + "/missing.sock") == ENOENT);
    CHECK(result_of(path) == ECONNREFUSED);  // a directory
    {                                        // what a server that was killed leaves behind
      asio::io_context io;
      stream_protocol::acceptor gone(io, stream_protocol::endpoint(path + "/stale.sock"));
    }
    CHECK(result_of(path + "/stale.sock") == ECONNREFUSED);
  }

#if defined(__linux__)

  TEST_CASE("unix(7): an abstract socket") {
    const std::string name = "wsx test " + std::to_string(::getpid());
    asio::io_context io;
    stream_protocol::acceptor acceptor(io, stream_protocol::endpoint('\0' + name));
    attempt a("ws+unix:@" + name + ":/");
    a.run();
    CHECK(a.result == std::error_code());
    CHECK(a.transport->peer_endpoint() == "unix:@" + name);
    CHECK(acceptor.accept().is_open());
  }

  TEST_CASE("a server whose queue is full is waited for") {
    listening server(0);
    std::vector<std::unique_ptr<attempt>> waiting;
    do {
      REQUIRE(waiting.size() < 100);
      waiting.push_back(std::make_unique<attempt>(server.url()));
      waiting.back()->start();
    } while (waiting.back()->result);
    attempt& last = *waiting.back();
    SUBCASE("until there is room") {
      auto peer = server.acceptor.accept();
      last.io.run();
      CHECK(last.result == std::error_code());
      CHECK(last.d.tried.empty());
    }
    SUBCASE("until it is closed: it had not answered") {
      last.transport->close();
      last.io.run();
      CHECK(last.result == asio::error::operation_aborted);
      REQUIRE(last.d.tried.size() == 1);
      CHECK(last.d.tried[0].error == asio::error::timed_out);
    }
    SUBCASE("without being busy") {
      std::size_t turns = 0;
      const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
      while (std::chrono::steady_clock::now() < end) turns += last.io.run_one_until(end);
      CHECK_FALSE(last.result);
      CHECK(turns < 100);
    }
    SUBCASE("until its server goes away") {
      server.acceptor.close();
      last.io.run();
      CHECK(last.result == asio::error::connection_refused);
    }
    SUBCASE("until its context ends") {
      waiting.clear();
    }
  }

#endif

  TEST_CASE("a program that is started does not inherit the socket; the options are set") {
    listening server;
    attempt a(server.url());
    int flags = 0;
    int buffer = 0;
    int connected = -1;
    a.options->socket.receive_buffer = 30'000;
    a.options->socket.before_connect = [&](int s) {
      flags = ::fcntl(s, F_GETFD);
      socklen_t size = sizeof buffer;
      ::getsockopt(s, SOL_SOCKET, SO_RCVBUF, &buffer, &size);
    };
    a.options->socket.after_connect = [&](int s) { connected = s; };
    a.run();
    CHECK(a.result == std::error_code());
    CHECK((flags & FD_CLOEXEC) != 0);
    CHECK(buffer >= 30'000);
    CHECK(buffer <= 60'000);
    CHECK(connected >= 0);
  }

  TEST_CASE("a function that throws") {
    listening server;
    for (const bool before : {true, false}) {
      attempt a(server.url());
      auto& options = a.options->socket;
      (before ? options.before_connect : options.after_connect) = [](int) {
        throw std::system_error(std::make_error_code(std::errc::operation_not_permitted));
      };
      a.run();
      CHECK(a.result == std::errc::operation_not_permitted);
      REQUIRE(a.d.tried.size() == 1);
      CHECK(a.d.tried[0].option ==
            (before ? "dial.socket.before_connect" : "dial.socket.after_connect"));
    }
  }

  TEST_CASE("a client that was closed before") {
    listening server;
    attempt a(server.url());
    a.transport->close();
    a.run();
    CHECK(a.result == asio::error::operation_aborted);
  }

  TEST_CASE_TEMPLATE("the schemes that a transport does not speak", Transport, wsx::tcp_transport,
                     wsx::tls_transport, wsx::local_transport) {
    constexpr bool local = std::is_same_v<Transport, wsx::local_transport>;
    constexpr bool tcp = std::is_same_v<Transport, wsx::tcp_transport>;
    asio::io_context io;
    const auto settings = std::make_shared<wsx::transport_settings>();
    const auto options = std::make_shared<wsx::tls_options>();
    settings->tls = options;
    Transport transport(io.get_executor(), settings);
    wsx::url to;
    REQUIRE_FALSE(wsx::parse_url(local ? "ws://localhost/" : "ws+unix:/run/app.sock", to));
    wsx::diagnostics d;
    std::error_code result;
    asio::co_spawn(io, transport.connect(to, d),
                   [&](const std::exception_ptr&, std::error_code error) { result = error; });
    io.run();
    CHECK(result == wsx::errc::unsupported_scheme);
    CHECK(d.detail == (local ? "this client speaks ws+unix only: ws needs another one"
                       : tcp ? "this client speaks ws only: ws+unix needs another transport"
                             : "this client speaks wss only: ws+unix needs one without TLS"));
  }

  // Whatever a client may speak, it has the size that TCP takes.
  static_assert(sizeof(wsx::local_transport) <= sizeof(wsx::tcp_transport));
}

#endif
