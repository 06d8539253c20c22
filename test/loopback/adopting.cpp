#include "tls_support.hpp"

#include <wsx/testing/memory_transport.hpp>
#include <wsx/testing/temp_dir.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/use_future.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// Sockets that others have connected.

using namespace loopback_test;
using namespace wsx::testing;
using asio::ip::tcp;

namespace {

tcp::socket connected_to(asio::io_context& io, std::uint16_t port) {
  tcp::socket socket(io);
  socket.connect({asio::ip::address_v4::loopback(), port});
  return socket;
}

// Nobody is at the URL's own address.
constexpr const char* nowhere = "ws://feed.example:1/";

template <class Client, class Socket>
outcome adopt(Client& client, const std::string& url, Socket socket) {
  try {
    client.wait(client->connect(url, std::move(socket)));
    return {};
  } catch (const wsx::system_error& error) {
    return {error.code(), error.diagnostics()};
  }
}

}  // namespace

TEST_SUITE("loopback/adopting") {
  TEST_CASE_TEMPLATE("a socket of TCP is used in place of connecting", Transport,
                     wsx::any_transport, wsx::tcp_transport) {
    std::string host;
    scripted_server server{[&](server_connection& client) {
      host = *client.read_request().find("Host");
      accept_and_end(client);
    }};
    asio::io_context elsewhere;
    auto socket = connected_to(elsewhere, server.port());
    const auto local = socket.local_endpoint();
    int after = 0;
    auto options = calm();
    options.dial.socket.before_connect = [](wsx::native_socket) { FAIL("it is connected"); };
    options.dial.socket.after_connect = [&](wsx::native_socket) { ++after; };
    test_client<recorder, Transport> client{{}, options};
    CHECK(adopt(client, nowhere, std::move(socket)).ok());
    CHECK(client->connection().peer_endpoint == "127.0.0.1:" + std::to_string(server.port()));
    CHECK(client->connection().local_endpoint == "127.0.0.1:" + std::to_string(local.port()));
    CHECK(client->connection().url == nowhere);
    CHECK(client.join().error == std::error_code());
    CHECK(after == 1);
    server.wait();
    CHECK(host == "feed.example:1");
    CHECK(server.connections() == 1);
  }

  TEST_CASE("with a completion token; the socket had blocked") {
    scripted_server server{accept_and_end};
    asio::io_context elsewhere;
    auto socket = connected_to(elsewhere, server.port());
    socket.non_blocking(false);
    test_client<> client;
    client.wait(client->connect(nowhere, std::move(socket), asio::use_future));
    CHECK(client.join().error == std::error_code());
  }

  TEST_CASE_TEMPLATE("TLS follows, with the certificate of the URL's host", Transport,
                     wsx::any_transport, wsx::tls_transport) {
    const auto ca = make_ca();
    auto server = tls_server(
        make_server_certificate(ca, {.dns_names = {"feed.example"}, .ip_addresses = {}}));
    asio::io_context elsewhere;
    for (int i = 0; i < 2; ++i) {  // also if there could be a session to resume
      test_client<recorder, Transport> client{{}, trusting(ca)};
      CHECK(adopt(client, "wss://feed.example/", connected_to(elsewhere, server.port())).ok());
      CHECK(client.join().error == std::error_code());
    }
    test_client<recorder, Transport> client{{}, trusting(ca)};
    CHECK(adopt(client, "wss://other.example/", connected_to(elsewhere, server.port())).error ==
          wsx::errc::certificate_rejected);
  }

  TEST_CASE("another connection is dialed as usual") {
    scripted_server first{[](server_connection& client) {
      client.accept();
      client.reset();
    }};
    scripted_server second{accept_and_end};
    recorder handler;
    handler.on_disconnect = [&](const wsx::disconnect& d) -> wsx::disconnect_decision {
      if (d.reason.error) return wsx::reconnect_after(std::chrono::milliseconds(0));
      return wsx::stop();
    };
    asio::io_context elsewhere;
    test_client<> client{handler, calm()};
    CHECK(adopt(client, second.url(), connected_to(elsewhere, first.port())).ok());
    CHECK(client.join().error == std::error_code());
    CHECK(first.connections() == 1);
    CHECK(second.connections() == 1);
  }

  TEST_CASE("after a failure within the same call it is dialed as usual, too") {
    scripted_server first{[](server_connection& client) {
      client.respond("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    }};
    scripted_server second{accept_and_end};
    auto options = calm();
    options.handle_first_failure = true;
    recorder handler;
    handler.on_disconnect = [&](const wsx::disconnect& d) -> wsx::disconnect_decision {
      if (d.reason.error) return wsx::reconnect_after(std::chrono::milliseconds(0));
      return wsx::stop();
    };
    asio::io_context elsewhere;
    test_client<> client{handler, options};
    CHECK(adopt(client, second.url(), connected_to(elsewhere, first.port())).ok());
    CHECK(client.join().error == std::error_code());
    CHECK(second.connections() == 1);
  }

  TEST_CASE("one that is not connected") {
    asio::io_context elsewhere;
    test_client<> client;
    const auto closed = adopt(client, nowhere, tcp::socket(elsewhere));
    CHECK(closed.error == wsx::errc::not_connected);
    CHECK(closed.diagnostics.message ==
          "cannot connect to feed.example:1: the socket is not connected");
    const auto open = adopt(client, nowhere, tcp::socket(elsewhere, tcp::v4()));
    CHECK(open.error == wsx::errc::not_connected);
  }

  TEST_CASE("a transport that can't use one") {
    scripted_server server{accept_and_end};
    asio::io_context elsewhere;
    test_client<recorder, memory_transport> client;
    const auto connected = adopt(client, "ws://memory/", connected_to(elsewhere, server.port()));
    CHECK(connected.error == wsx::errc::not_connected);
    CHECK(connected.diagnostics.message ==
          "cannot connect to memory:80: the client's transport can't use a connected socket");
  }

  TEST_CASE("an attempt that fails before closes it") {
    asio::io_context elsewhere;
    tcp::acceptor acceptor(elsewhere, {asio::ip::address_v4::loopback(), 0});
    test_client<> client;
    const auto failed =
        adopt(client, "no URL", connected_to(elsewhere, acceptor.local_endpoint().port()));
    CHECK(failed.error == wsx::errc::invalid_url);
    auto peer = acceptor.accept();
    std::error_code error;
    char byte = 0;
    peer.read_some(asio::buffer(&byte, 1), error);
    CHECK(error == asio::error::eof);
  }

  TEST_CASE("a client that is closed, destroyed or canceled meanwhile closes it") {
    asio::io_context elsewhere;
    tcp::acceptor acceptor(elsewhere, {asio::ip::address_v4::loopback(), 0});
    const auto port = acceptor.local_endpoint().port();
    auto options = calm();
    test_client<> client{{}, options};
    auto connecting = client.start(client->connect(nowhere, connected_to(elsewhere, port)));
    auto peer = acceptor.accept();
    // The request has come: the opening handshake waits for its answer.
    bool asked = false;
    peer.async_wait(tcp::socket::wait_read, [&](std::error_code) { asked = true; });
    client.wait_until([&] { return elsewhere.poll(), elsewhere.restart(), asked; });
    std::error_code expected = wsx::errc::aborted;
    SUBCASE("closed") {
      CHECK(client.close() == std::error_code());
    }
    SUBCASE("aborted") {
      client->abort();
    }
    SUBCASE("destroyed") {
      client.destroy();
    }
    if (connecting.valid()) {
      try {
        if (connecting.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
          client.wait(std::move(connecting));
        else
          connecting.get();
        CHECK(false);
      } catch (const wsx::system_error& error) {
        CHECK(error.code() == expected);
      }
    }
    std::string all(64 * 1024, '\0');
    std::error_code error;
    while (!error) peer.read_some(asio::buffer(all), error);
    CHECK((error == asio::error::eof || error == asio::error::connection_reset));
  }

  TEST_CASE("a second connect while the client is connected leaves the first alone") {
    gate go_on;
    scripted_server server{[&](server_connection& client) {
      client.accept();
      if (client.index() == 0) go_on.wait();
      client.send_close(1000);
      client.expect_close(1000);
    }};
    asio::io_context elsewhere;
    test_client<> client;
    client.open(server);
    CHECK(adopt(client, server.url(), connected_to(elsewhere, server.port())).error ==
          wsx::errc::already_started);
    CHECK(client->is_open());
    go_on.open();
    CHECK(client.join().error == std::error_code());
  }

#if __has_include(<sys/un.h>)

  TEST_CASE("a unix-domain socket, whatever the URL's host") {
    const temp_dir folder;
    const auto path = folder.path().string() + "/app.sock";
    for (const char* url : {"ws://feed.example/", "ws+unix:/nowhere"}) {
      scripted_server server{accept_and_end, {.socket_path = path}};
      asio::io_context elsewhere;
      asio::local::stream_protocol::socket socket(elsewhere);
      socket.connect(asio::local::stream_protocol::endpoint(path));
      test_client<> client;
      CHECK(adopt(client, url, std::move(socket)).ok());
      CHECK(client->connection().peer_endpoint == "unix:" + path);
      CHECK(client.join().error == std::error_code());
    }
    scripted_server server{accept_and_end, {.socket_path = path}};
    asio::io_context elsewhere;
    asio::local::stream_protocol::socket socket(elsewhere);
    socket.connect(asio::local::stream_protocol::endpoint(path));
    test_client<recorder, wsx::tcp_transport> client;
    const auto refused = adopt(client, nowhere, std::move(socket));
    CHECK(refused.error == wsx::errc::not_connected);
    CHECK(refused.diagnostics.message ==
          "cannot connect to feed.example:1: the socket is not one of TCP, and the client's "
          "transport takes no other");
  }

#endif
}
