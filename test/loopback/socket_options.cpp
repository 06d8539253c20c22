#include "tls_support.hpp"

#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#if __has_include(<sys/socket.h>)
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

// The options of sockets, as the system has them.

using namespace loopback_test;
using namespace wsx::testing;
using asio::ip::tcp;

namespace {

int value_of(int socket, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  REQUIRE(::getsockopt(socket, level, name, &value, &size) == 0);
  return value;
}

// One value, before and after connecting.
struct seen {
  int before = -1;
  int after = -1;
};

// Connects, and asks for an option of the socket in both functions. With two addresses there is a
// race, whose first attempt fails.
seen look(wsx::options options, int level, int name, bool in_race = false,
          const std::string& host = "127.0.0.1") {
  scripted_server server{accept_and_end, {.host = host}};
  seen result;
  options.dial.socket.before_connect = [&](int s) { result.before = value_of(s, level, name); };
  options.dial.socket.after_connect = [&](int s) { result.after = value_of(s, level, name); };
  if (in_race) {
    options.dial.resolver = wsx::make_resolver([&](const std::string&, std::uint16_t) {
      return wsx::resolver::endpoints{{asio::ip::make_address(host), 1},
                                      {asio::ip::make_address(host), server.port()}};
    });
  }
  CHECK(connect_once(options, in_race ? "ws://feed.example/" : server.url()).ok());
  return result;
}

void check_set(const wsx::options& options, int level, int name, int expected) {
  for (const bool in_race : {false, true}) {
    CAPTURE(in_race);
    const seen s = look(options, level, name, in_race);
    CHECK(s.before == expected);
    CHECK(s.after == expected);
  }
}

}  // namespace

TEST_SUITE("loopback/socket_options") {
  TEST_CASE("no_delay, on the connected socket") {
    auto options = calm();
    CHECK(look(options, IPPROTO_TCP, TCP_NODELAY).after == 1);
    CHECK(look(options, IPPROTO_TCP, TCP_NODELAY, true).after == 1);
    options.dial.socket.no_delay = false;
    CHECK(look(options, IPPROTO_TCP, TCP_NODELAY).after == 0);
    CHECK(look(options, IPPROTO_TCP, TCP_NODELAY, true).after == 0);
  }

  TEST_CASE("the receive and the send buffer") {
    auto options = calm();
    options.dial.socket.receive_buffer = 40'000;
    options.dial.socket.send_buffer = 50'000;
#if defined(__linux__)
    constexpr int times = 2;  // socket(7): it doubles them
#else
    constexpr int times = 1;
#endif
    check_set(options, SOL_SOCKET, SO_RCVBUF, times * 40'000);
    check_set(options, SOL_SOCKET, SO_SNDBUF, times * 50'000);
  }

#if defined(TCP_KEEPIDLE) && defined(TCP_KEEPINTVL) && defined(TCP_KEEPCNT)

  TEST_CASE("RFC 9293 3.8.4: keepalive") {
    auto options = calm();
    CHECK(look(options, SOL_SOCKET, SO_KEEPALIVE).after == 0);
    options.dial.socket.keepalive = wsx::tcp_keepalive{
        .idle = std::chrono::seconds(7), .interval = std::chrono::seconds(3), .count = 4};
    check_set(options, SOL_SOCKET, SO_KEEPALIVE, 1);
    check_set(options, IPPROTO_TCP, TCP_KEEPIDLE, 7);
    check_set(options, IPPROTO_TCP, TCP_KEEPINTVL, 3);
    check_set(options, IPPROTO_TCP, TCP_KEEPCNT, 4);
  }

#endif

  TEST_CASE("the type of service, of IPv4 and of IPv6") {
    auto options = calm();
    options.dial.socket.type_of_service = 0xb8;  // expedited forwarding, RFC 3246
    check_set(options, IPPROTO_IP, IP_TOS, 0xb8);
    const seen s = look(options, IPPROTO_IPV6, IPV6_TCLASS, false, "::1");
    CHECK(s.before == 0xb8);
    CHECK(s.after == 0xb8);
  }

#if defined(__linux__)  // all of 127.0.0.0/8 is its own

  TEST_CASE("the local address is where the server sees the client") {
    scripted_server server{accept_and_end};
    auto options = calm();
    options.dial.socket.local_address = "127.0.0.2";
    recorder handler;
    test_client<> client{handler, options};
    client.open(server);
    CHECK(client->connection().local_endpoint.starts_with("127.0.0.2:"));
    CHECK(client.join().error == std::error_code());

    asio::io_context io;
    tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    options.handshake_timeout = std::chrono::milliseconds(1);  // nobody answers
    const auto port = std::to_string(acceptor.local_endpoint().port());
    CHECK(connect_once(options, "ws://127.0.0.1:" + port + "/").error ==
          wsx::errc::handshake_timeout);
    const tcp::socket accepted = acceptor.accept();  // from the queue
    CHECK(accepted.remote_endpoint().address() == asio::ip::make_address("127.0.0.2"));
  }

  TEST_CASE("a local address that is not one of this host: the option is named") {
    scripted_server server{accept_and_end};
    auto options = calm();
    options.dial.socket.local_address = "192.0.2.1";
    const auto connected = connect_once(options, server.url());
    CHECK(connected.error.value() == EADDRNOTAVAIL);
    REQUIRE(connected.diagnostics.tried.size() == 1);
    CHECK(connected.diagnostics.tried[0].option == "dial.socket.local_address");
    const auto host = "127.0.0.1:" + std::to_string(server.port());
    CHECK(connected.diagnostics.message ==
          "cannot connect to " + host +
              ": dial.socket.local_address: " + connected.error.message());
  }

  TEST_CASE("the interface, which not everybody may choose") {
    auto options = calm();
    options.dial.socket.interface_name = "lo";
    scripted_server server{accept_and_end};
    std::string name(16, '\0');
    options.dial.socket.after_connect = [&](int socket) {
      auto size = static_cast<socklen_t>(name.size());
      REQUIRE(::getsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, name.data(), &size) == 0);
    };
    const auto connected = connect_once(options, server.url());
    if (connected.error.value() == EPERM && ::geteuid() != 0) return;
    CHECK(connected.ok());
    CHECK(name.c_str() == std::string("lo"));
  }

  TEST_CASE("an interface that is not there: each address says so") {
    auto options = calm();
    options.dial.socket.interface_name = "wsx-missing";
    const auto connected = connect_once(options, "ws://localhost:1/");
    if (connected.error.value() == EPERM && ::geteuid() != 0) return;
    CHECK(connected.error.value() == ENODEV);
    CHECK(connected.diagnostics.message ==
          "cannot connect to localhost:1: [::1]:1: dial.socket.interface_name: " +
              connected.error.message() +
              ", 127.0.0.1:1: dial.socket.interface_name: " + connected.error.message());
  }

#endif

  TEST_CASE("only addresses of the local address's family are tried") {
    auto options = calm();
    options.dial.socket.local_address = "127.0.0.1";
    const auto connected = connect_once(options, "ws://localhost:1/");
    CHECK(connected.error == asio::error::connection_refused);
    REQUIRE(connected.diagnostics.tried.size() == 1);
    CHECK(connected.diagnostics.tried[0].endpoint == "127.0.0.1:1");
    options.dial.socket.local_address = "::1";
    const auto other = connect_once(options, "ws://localhost:1/");
    REQUIRE(other.diagnostics.tried.size() == 1);
    CHECK(other.diagnostics.tried[0].endpoint == "[::1]:1");
  }

  TEST_CASE("a local address of the other family") {
    auto options = calm();
    options.dial.socket.local_address = "::1";
    const auto literal = connect_once(options, "ws://127.0.0.1:1/");
    CHECK(literal.error == wsx::errc::invalid_option);
    CHECK(literal.diagnostics.message ==
          "cannot connect to 127.0.0.1:1: the host and dial.socket.local_address are addresses of "
          "different families");
    options.dial.resolver = wsx::make_resolver([](const std::string&, std::uint16_t) {
      return wsx::resolver::endpoints{{asio::ip::address_v4::loopback(), 1}};
    });
    const auto name = connect_once(options, "ws://feed.example/");
    CHECK(name.error == asio::error::no_data);
    CHECK(name.error == wsx::condition::transient);
    CHECK(name.diagnostics.message ==
          "cannot connect to feed.example:80: resolving the name: it has no address of the family "
          "of dial.socket.local_address");
  }

  TEST_CASE("the order: for each address before it connects, then once, before TLS") {
    const auto ca = make_ca();
    auto server = tls_server(
        make_server_certificate(ca, {.dns_names = {"feed.example"}, .ip_addresses = {}}));
    lines order;
    auto options = trusting(ca);
    options.dial.resolver = wsx::make_resolver([&](const std::string&, std::uint16_t) {
      return wsx::resolver::endpoints{{asio::ip::address_v4::loopback(), 1},
                                      {asio::ip::address_v4::loopback(), server.port()}};
    });
    const auto has_peer = [](int socket) {
      sockaddr_storage peer{};
      socklen_t size = sizeof peer;
      return ::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
    };
    options.dial.socket.before_connect = [&](int s) {
      order.push_back(has_peer(s) ? "before, connected" : "before");
    };
    options.dial.socket.after_connect = [&](int s) {
      order.push_back(has_peer(s) ? "after" : "after, not connected");
    };
    CHECK(connect_once(options, "wss://feed.example/").ok());
    CHECK(order == lines{"before", "before", "after"});
  }

  TEST_CASE("a function that throws an error of the system: that address has failed") {
    scripted_server server{accept_and_end};
    const auto host = "127.0.0.1:" + std::to_string(server.port());
    auto options = calm();
    const auto refuse = [](int) {
      throw std::system_error(std::make_error_code(std::errc::operation_not_permitted));
    };
    SUBCASE("before connecting, of the only address") {
      options.dial.socket.before_connect = refuse;
      const auto connected = connect_once(options, server.url());
      CHECK(connected.error == std::errc::operation_not_permitted);
      CHECK(connected.diagnostics.message ==
            "cannot connect to " + host +
                ": dial.socket.before_connect: " + connected.error.message());
      CHECK(server.connections() == 0);
    }
    SUBCASE("before connecting, of the first of two") {
      int calls = 0;
      options.dial.socket.before_connect = [&](int socket) {
        if (calls++ == 0) refuse(socket);
      };
      options.dial.resolver = wsx::make_resolver([&](const std::string&, std::uint16_t) {
        const tcp::endpoint here{asio::ip::address_v4::loopback(), server.port()};
        return wsx::resolver::endpoints{here, here};
      });
      CHECK(connect_once(options, "ws://feed.example/").ok());
      CHECK(calls == 2);
    }
    SUBCASE("after connecting") {
      options.dial.socket.after_connect = refuse;
      const auto connected = connect_once(options, server.url());
      CHECK(connected.error == std::errc::operation_not_permitted);
      CHECK(connected.diagnostics.message ==
            "cannot connect to " + host +
                ": dial.socket.after_connect: " + connected.error.message());
    }
  }

  TEST_CASE("a function that throws anything else: the attempt has failed") {
    scripted_server server{accept_and_end};
    auto options = calm();
    const auto fail = [](int) { throw std::runtime_error("no luck"); };
    for (const bool before : {true, false}) {
      for (const bool in_race : {true, false}) {
        CAPTURE(before);
        CAPTURE(in_race);
        auto o = options;
        (before ? o.dial.socket.before_connect : o.dial.socket.after_connect) = fail;
        if (in_race) o.dial.address_timeout = std::chrono::seconds(60);
        const auto connected = connect_once(o, server.url());
        CHECK(connected.error == wsx::errc::internal_failure);
        CHECK(connected.diagnostics.message.ends_with("no luck"));
      }
    }
  }

  TEST_CASE("each connection of a client has them") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      client.reset();
    }};
    auto options = calm();
    int calls = 0;
    options.dial.socket.after_connect = [&](int) { ++calls; };
    recorder handler;
    handler.on_disconnect = [&](const wsx::disconnect&) -> wsx::disconnect_decision {
      if (calls < 3) return wsx::reconnect_after(std::chrono::milliseconds(0));
      return wsx::stop();
    };
    test_client<> client{handler, options};
    client.open(server);
    client.join();
    CHECK(calls == 3);
  }
}

#endif
