#include "support.hpp"

#include <wsx/testing/server_handshake.hpp>

#include <string>

// Responses to the opening handshake that are well-formed HTTP, if rarely seen. RFC 9110, RFC 9112.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

outcome connect_to(script answer) {
  scripted_server server{std::move(answer)};
  test_client client;
  auto result = client.connect(server.url());
  if (result.ok()) client->abort();
  return result;
}

// Answers, and then waits for the client to go: TCP is kept open, as servers do.
outcome connect_to_kept_open(std::string response) {
  return connect_to([response = std::move(response)](server_connection& client) {
    client.read_request();
    client.respond(response);
    client.wait_eof();
  });
}

}  // namespace

TEST_SUITE("loopback/responses") {
  TEST_CASE("interim responses before the upgrade, and a frame right behind it") {
    const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n";
    scripted_server server{[&](server_connection& client) {
      const auto request = client.read_request();
      client.send_raw(hints + "HTTP/1.1 100 Continue\r\n\r\n" + make_accept_response(request) +
                      encode_server_frame(text_frame("first")));
      client.send_close(1000);
      client.expect_close(1000);
    }};
    test_client client;
    client.open(server);
    CHECK(client.join().error == std::error_code());
    CHECK(client.handler().seen ==
          lines{"init", "connect", "text first", "disconnect", "terminate"});
    server.wait();
  }

  TEST_CASE("a refusal in chunks, on a connection that is kept open") {
    const auto connected = connect_to_kept_open(
        "HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n"
        "9\r\nno access\r\n0\r\n\r\n");
    CHECK(connected.error == wsx::errc::refused);
    CHECK(connected.diagnostics.http_status == 401);
    CHECK(connected.diagnostics.http_body == "no access");
  }

  TEST_CASE("a refusal that has no body, on a connection that is kept open") {
    const auto connected = connect_to_kept_open("HTTP/1.1 304 Not Modified\r\n\r\n");
    CHECK(connected.error == wsx::errc::refused);
    CHECK(connected.diagnostics.http_status == 304);
    CHECK(connected.diagnostics.http_body.empty());
  }

  TEST_CASE("a status line that ends with the status") {
    const auto connected = connect_to_kept_open("HTTP/1.1 401\r\nContent-Length: 0\r\n\r\n");
    CHECK(connected.error == wsx::errc::refused);
    CHECK(connected.diagnostics.http_status == 401);
    CHECK(connected.diagnostics.detail.empty());

    CHECK(connect_to([](server_connection& client) {
            auto response = make_accept_response(client.read_request());
            response.replace(0, response.find("\r\n"), "HTTP/1.1 101");
            client.respond(response);
            client.wait_eof();
          }).ok());
  }

  TEST_CASE("folded fields") {
    scripted_server server{[](server_connection& client) {
      const auto key = accept_key(*client.read_request().find("Sec-WebSocket-Key"));
      client.respond(
          "HTTP/1.1 101 Switching Protocols\r\n"
          "Upgrade:\r\n websocket\r\n"
          "Connection: keep-alive,\r\n\tUpgrade\r\n"
          "Sec-WebSocket-Extensions: permessage-deflate;\r\n server_no_context_takeover\r\n"
          "Sec-WebSocket-Accept: \r\n \r\n " +
          key + " \r\n \r\n\r\n");
      client.send_close(1000);
      client.expect_close(1000);
    }};
    auto options = calm();
    options.deflate = wsx::deflate_options{};
    test_client<> client{{}, options};
    client.open(server);
    CHECK(client.join().error == std::error_code());
    server.wait();
  }

  TEST_CASE("a fold within a value is a space there") {
    const auto connected = connect_to([](server_connection& client) {
      auto response = make_accept_response(client.read_request());
      response.insert(response.size() - 6, "\r\n ");
      client.respond(response);
      client.wait_eof();
    });
    CHECK(connected.error == wsx::errc::bad_accept_header);
  }

  TEST_CASE("a refusal of an HTTP/1.0 proxy") {
    const auto connected = connect_to([](server_connection& client) {
      client.read_request();
      client.respond("HTTP/1.0 503 Service Unavailable\r\n\r\nno server");
    });
    CHECK(connected.error == wsx::errc::refused_for_now);
    CHECK(connected.diagnostics.http_status == 503);
    CHECK(connected.diagnostics.http_body == "no server");
  }
}
