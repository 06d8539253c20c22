#include <wsx/transport/tcp.hpp>

#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <exception>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

// What the diagnostics say of an attempt, as far as it came.

namespace {

using asio::ip::tcp;
using wsx::connect_stage;
using wsx::tried_address;

const auto here = asio::ip::address_v4::loopback();

struct attempt {
  asio::io_context io;
  wsx::tcp_transport transport{io.get_executor(), std::make_shared<wsx::transport_settings>()};
  wsx::url to;
  wsx::diagnostics d{};
  std::optional<std::error_code> result{};

  explicit attempt(const std::string& url) {
    REQUIRE_FALSE(wsx::parse_url(url, to));
    asio::co_spawn(io, transport.connect(to, d),
                   [this](const std::exception_ptr&, std::error_code error) { result = error; });
    io.poll();
  }
};

std::string url_of(const tcp::endpoint& server) {
  return "ws://127.0.0.1:" + std::to_string(server.port()) + "/";
}

}  // namespace

TEST_SUITE("transport/tcp") {
  TEST_CASE("connected: nothing was tried in vain") {
    asio::io_context io;
    tcp::acceptor acceptor(io, tcp::endpoint(here, 0));
    attempt a(url_of(acceptor.local_endpoint()));
    a.io.run();
    CHECK(a.result == std::error_code());
    CHECK(a.d.tried.empty());
    CHECK(a.d.detail.empty());
  }

  // Nobody has that address, but the interface is there.
  TEST_CASE("RFC 4007 11: the zone of a link-local address is part of it") {
    attempt a("ws://[fe80::7373%lo]:9/");
    a.io.run();
    REQUIRE(a.d.tried.size() == 1);
    CHECK(a.d.tried[0].endpoint == "[fe80::7373%lo]:9");
  }

  TEST_CASE("an address that was given up before it answered was tried") {
    asio::io_context io;
    tcp::acceptor acceptor(io, tcp::v4());
    acceptor.bind(tcp::endpoint(here, 0));
    acceptor.listen(0);
    const auto server = acceptor.local_endpoint();
    // Fills the server's queue.
    std::vector<std::unique_ptr<attempt>> waiting;
    do {
      waiting.push_back(std::make_unique<attempt>(url_of(server)));
    } while (waiting.back()->result);
    attempt& last = *waiting.back();
    CHECK(last.d.stage == connect_stage::connecting);
    last.transport.close();
    last.io.run();
    CHECK(last.result == asio::error::operation_aborted);
    const std::string address = "127.0.0.1:" + std::to_string(server.port());
    CHECK(last.d.tried == std::vector<tried_address>{{address, asio::error::timed_out}});
  }

  TEST_CASE("a name that does not exist: that is said in plain words") {
    // RFC 1035 2.3.4: a label has at most 63 characters. No name server is asked.
    attempt a("ws://" + std::string(64, 'a') + ".invalid/");
    a.io.run();
    REQUIRE(a.result);
    CHECK(*a.result);
    CHECK(a.d.stage == connect_stage::resolving);
    CHECK(a.d.tried.empty());
  }

  TEST_CASE("another attempt starts anew") {
    attempt a("ws://127.0.0.1:1/");
    a.io.run();
    CHECK(a.d.tried.size() == 1);
    a.io.restart();
    wsx::tcp_transport again(a.io.get_executor(), std::make_shared<wsx::transport_settings>());
    asio::co_spawn(a.io, again.connect(a.to, a.d),
                   [](const std::exception_ptr&, std::error_code) {});
    a.io.run();
    CHECK(a.d.tried.size() == 1);
  }
}
