#include "support.hpp"

#include <wsx/testing/echo_server.hpp>
#include <wsx/testing/temp_dir.hpp>

#include <asio/error.hpp>
#include <asio/local/stream_protocol.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

// Clients of servers on unix-domain sockets.

using namespace loopback_test;
using namespace wsx::testing;

#if __has_include(<sys/un.h>)

#include <cerrno>
#include <unistd.h>

namespace {

struct place {
  temp_dir folder{};
  std::string path = folder.path().string() + "/app.sock";

  server_options options() const { return {.socket_path = path}; }
};

void accept_and_end(server_connection& client) {
  client.accept();
  client.send_close(1000);
  client.expect_close(1000);
}

}  // namespace

TEST_SUITE("loopback/unix_sockets") {
  TEST_CASE_TEMPLATE("an exchange, and what is shown of the connection", Transport,
                     wsx::any_transport, wsx::local_transport) {
    const place here;
    std::string host;
    std::string target;
    scripted_server server{[&](server_connection& client) {
                             host = *client.read_request().find("Host");
                             target = client.request().target;
                             client.accept();
                             client.expect_text("hello");
                             client.send_text("you");
                             client.send_close(1000);
                             client.expect_close(1000);
                           },
                           here.options()};
    test_client<recorder, Transport> client;
    client.open(wsx::request(server.url("/feed?a=b")));
    CHECK(client->connection().peer_endpoint == "unix:" + here.path);
    CHECK(client->connection().url == "ws+unix:" + here.path + ":/feed?a=b");
    CHECK_FALSE(client.send("hello"));
    CHECK(client.join().error == std::error_code());
    CHECK(client.handler().seen == lines{"init", "connect", "text you", "disconnect", "terminate"});
    server.wait();
    CHECK(host == "localhost");
    CHECK(target == "/feed?a=b");
  }

  TEST_CASE("big messages, both ways") {
    const place here;
    scripted_server server{echo_script(), here.options()};
    std::string received;
    recorder handler;
    handler.on_text = [&](std::string_view text) {
      received = text;
      return wsx::close();
    };
    auto options = calm();
    options.send_queue_size = 16 * 1024 * 1024;
    test_client<> client{handler, options};
    client.open(server);
    const std::string sent(8 * 1024 * 1024, 'x');
    CHECK_FALSE(client.send(sent));
    CHECK(client.join().error == std::error_code());
    CHECK(received == sent);
  }

  TEST_CASE("what is said if it can't be reached") {
    const place here;
    test_client<> client;
    const auto missing = client.connect("ws+unix:" + here.path + ":/?key=secret");
    CHECK(missing.error.value() == ENOENT);
    CHECK(missing.error == wsx::condition::transient);
    CHECK(missing.diagnostics.host == "unix:" + here.path);
    CHECK(missing.diagnostics.message ==
          "cannot connect to unix:" + here.path + ": " + missing.error.message());
    const auto malformed = client.connect("ws+unix:app.sock:/?key=secret");
    CHECK(malformed.error == wsx::errc::invalid_url);
    CHECK(malformed.diagnostics.message ==
          "cannot connect to \"ws+unix:app.sock:/?key=***\": the path of the socket does not begin "
          "with a slash");
  }

  TEST_CASE("without the permission") {
    if (::geteuid() == 0) return;  // who may do everything
    const place here;
    scripted_server server{accept_and_end, here.options()};
    std::filesystem::permissions(here.path, std::filesystem::perms::none);
    test_client<> client;
    CHECK(client.connect(server.url()).error.value() == EACCES);
  }

  TEST_CASE("a server that does not speak WebSocket: TLS is not proposed") {
    const place here;
    scripted_server server{[](server_connection& client) {
                             client.read_request();
                             client.close();
                           },
                           here.options()};
    test_client<> client;
    const auto connected = client.connect(server.url());
    CHECK(connected.error == wsx::errc::handshake_dropped);
    CHECK(connected.diagnostics.message.find("wss") == std::string::npos);
  }

  TEST_CASE("a redirect stays on the socket, and leads to none") {
    const place here;
    auto options = calm();
    options.dial.max_redirects = 1;
    const auto redirecting = [](const std::string& location) {
      return [location](server_connection& client) {
        if (client.read_request().target == "/other") return accept_and_end(client);
        client.respond("HTTP/1.1 302 Found\r\nLocation: " + location +
                       "\r\nContent-Length: 0\r\n\r\n");
      };
    };
    {
      scripted_server server{redirecting("/other"), here.options()};
      test_client<> client{{}, options};
      client.open(server);
      CHECK(client->connection().url == "ws+unix://" + here.path + ":/other");
      CHECK(client.join().error == std::error_code());
    }
    {
      scripted_server server{redirecting("ws+unix:/run/other.sock:/"), here.options()};
      test_client<> client{{}, options};
      CHECK(client.connect(server.url()).error == wsx::errc::bad_redirect);
    }
    scripted_server server{redirecting("ws+unix:" + here.path)};
    test_client<> client{{}, options};
    const auto connected = client.connect(server.url());
    CHECK(connected.error == wsx::errc::bad_redirect);
    CHECK(connected.diagnostics.message.ends_with("the redirect leads to the scheme ws+unix"));
  }

  TEST_CASE("it comes back after the server was started again") {
    const place here;
    auto server = std::make_unique<scripted_server>(
        [](server_connection& client) {
          client.accept();
          client.reset();
        },
        here.options());
    auto options = calm();
    recorder handler;
    std::vector<std::error_code> failures;
    handler.on_disconnect = [&](const wsx::disconnect& d) -> wsx::disconnect_decision {
      failures.push_back(d.reason.error);
      if (d.reason.error == std::error_code()) return wsx::stop();
      if (failures.size() == 1) server.reset();
      if (failures.size() == 2) {
        CHECK(d.reason.error.value() == ENOENT);
        server = std::make_unique<scripted_server>(accept_and_end, here.options());
      }
      return wsx::reconnect_after(std::chrono::milliseconds(0));
    };
    test_client<> client{handler, options};
    client.open(wsx::request("ws+unix:" + here.path));
    CHECK(client.join().error == std::error_code());
    CHECK(failures.size() == 3);
  }

#if defined(__linux__)

  TEST_CASE("unix(7): a full queue, until connect_timeout") {
    const place here;
    scripted_server server{accept_and_end,
                           {.state = port_state::silent, .backlog = 0, .socket_path = here.path}};
    auto options = calm();
    options.connect_timeout = std::chrono::milliseconds(50);
    options.handshake_timeout = std::chrono::milliseconds(1);
    wsx::diagnostics last;
    std::error_code error;
    for (int i = 0; i < 100 && error != wsx::errc::connect_timeout; ++i) {
      test_client<> client{{}, options};
      const auto connected = client.connect(server.url());
      error = connected.error;
      last = connected.diagnostics;
    }
    CHECK(error == wsx::errc::connect_timeout);
    CHECK(last.message == "cannot connect to unix:" + here.path +
                              ": connecting: not finished within 0.05 s (connect_timeout)");
  }

  TEST_CASE("an abstract socket") {
    const std::string name = "@wsx test of " + std::to_string(::getpid());
    scripted_server server{accept_and_end, {.socket_path = name}};
    test_client<> client;
    client.open(server);
    CHECK(client->connection().peer_endpoint == "unix:" + name);
    CHECK(client.join().error == std::error_code());
  }

#endif
}

#endif
