#include "support.hpp"

#include <asio/error.hpp>

// Opening handshakes that fail: wrong answers, answers that are too much, and none at all.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

// What connect gives if the server answers with `respond`.
outcome connect_to(script respond, wsx::options options = calm(), wsx::request target = {}) {
  scripted_server server{std::move(respond)};
  target.url = server.url();
  test_client<> client{{}, options};
  auto result = client.connect(target);
  CHECK(client.handler().seen.empty());
  return result;
}

using edit = std::function<void(std::string&)>;

// A correct response, but for what `change` does to it.
outcome connect_to_changed(const edit& change, wsx::request target = {}) {
  return connect_to(
      [&](server_connection& client) {
        auto response = make_accept_response(client.read_request());
        change(response);
        client.respond(response);
        client.wait_eof();
      },
      calm(), std::move(target));
}

// The line of that header is replaced by `line`.
edit instead_of(std::string name, std::string line) {
  return [=](std::string& response) {
    const auto begin = response.find("\r\n" + name + ":");
    if (begin == std::string::npos) throw std::logic_error("no " + name);
    const auto end = response.find("\r\n", begin + 2);
    response.replace(begin, end - begin, line.empty() ? line : "\r\n" + line);
  };
}

edit plus(std::string line) {
  return [=](std::string& response) { response.insert(response.size() - 2, line + "\r\n"); };
}

}  // namespace

TEST_SUITE("loopback/refusals") {
  TEST_CASE("a correct response passes, whatever its case and order") {
    scripted_server server{[](server_connection& client) {
      const auto key = accept_key(*client.read_request().find("Sec-WebSocket-Key"));
      client.respond("HTTP/1.1 101 \r\nsec-websocket-accept:  " + key +
                     " \r\nCONNECTION: keep-alive, UPGRADE\r\nupgrade: WebSocket\r\n\r\n");
      client.send_close(1000);
      client.expect_close(1000);
    }};
    test_client client;
    client.open(server);
    CHECK(client.join().error == std::error_code());
    server.wait();
  }

  TEST_CASE("wrong headers (RFC 6455 4.1)") {
    struct wrong {
      const char* what;
      edit change;
      wsx::errc error;
    };
    const std::string fixed = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    const std::vector<wrong> all{
        {"no Upgrade", instead_of("Upgrade", ""), wsx::errc::bad_upgrade_header},
        {"another Upgrade", instead_of("Upgrade", "Upgrade: h2c"), wsx::errc::bad_upgrade_header},
        {"another Upgrade beside it", instead_of("Upgrade", "Upgrade: websocket, h2c"),
         wsx::errc::bad_upgrade_header},
        {"doubled Upgrade", plus("Upgrade: websocket"), wsx::errc::bad_upgrade_header},
        {"no Connection", instead_of("Connection", ""), wsx::errc::bad_connection_header},
        {"Connection without Upgrade", instead_of("Connection", "Connection: close"),
         wsx::errc::bad_connection_header},
        {"no accept", instead_of("Sec-WebSocket-Accept", ""), wsx::errc::bad_accept_header},
        {"wrong accept", instead_of("Sec-WebSocket-Accept", fixed), wsx::errc::bad_accept_header},
        {"doubled accept", plus(fixed), wsx::errc::bad_accept_header},
        {"subprotocol", plus("Sec-WebSocket-Protocol: chat"), wsx::errc::bad_subprotocol_header},
        {"extension", plus("Sec-WebSocket-Extensions: permessage-deflate"),
         wsx::errc::bad_extensions_header}};
    for (const auto& [what, change, error] : all) {
      CAPTURE(what);
      const auto connected = connect_to_changed(change);
      CHECK(connected.error == error);
      CHECK(connected.error == wsx::condition::handshake_failed);
      CHECK(connected.diagnostics.http_status == 101);
    }
  }

  TEST_CASE("a subprotocol that was not among those offered, or two") {
    const auto offer = wsx::request().subprotocol("a").subprotocol("b");
    for (const auto* line : {"Sec-WebSocket-Protocol: c", "Sec-WebSocket-Protocol: a, b",
                             "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b"}) {
      CAPTURE(line);
      CHECK(connect_to_changed(plus(line), offer).error == wsx::errc::bad_subprotocol_header);
    }
  }

  TEST_CASE("not HTTP/1.1: what is wrong is said") {
    const std::vector<std::pair<std::string, std::string>> all{
        {"SSH-2.0-OpenSSH_9.2\r\n",
         R"(line 1 of the response is not HTTP/1.1: "SSH-2.0-OpenSSH_9.2")"},
        {"HTTP/1.0 101 OK\r\n\r\n", "the response is HTTP/1.0, which knows no upgrade"},
        {"HTTP/2 101\r\n\r\n", R"(line 1 of the response is not HTTP/1.1: "HTTP/2 101")"},
        {"HTTP/1.1 1x1 OK\r\n\r\n",
         R"(line 1 of the response has no status of three digits: "HTTP/1.1 1x1 OK")"},
        {"HTTP/1.1 101 OK\r\nno colon\r\n\r\n",
         R"(line 2 of the response has no colon: "no colon")"},
        {"HTTP/1.1 101 OK\nA: b\n\n",
         "line 1 of the response ends in a line feed without a carriage return: "
         R"("HTTP/1.1 101 OK\n")"},
        {"\x15\x03\x01\x02\x02\x46", "the server speaks TLS on this port: use wss"}};
    for (const auto& [response, why] : all) {
      CAPTURE(response);
      const auto connected = connect_to([&](server_connection& client) {
        client.respond(response);
        client.wait_eof();
      });
      CHECK(connected.error == wsx::errc::malformed_response);
      CHECK(connected.error == wsx::condition::handshake_failed);
      CHECK(connected.diagnostics.detail == why);
    }
  }

  TEST_CASE("Retry-After is in the diagnostics") {
    const auto answer = [](const std::string& field) {
      return connect_to([field](server_connection& client) {
        client.respond("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n" + field + "\r\n");
        client.wait_eof();
      });
    };
    const auto asked = answer("Retry-After: 7\r\n");
    CHECK(asked.error == wsx::errc::refused_for_now);
    CHECK(asked.diagnostics.http_reason == "Busy");
    CHECK(asked.diagnostics.retry_after == std::chrono::seconds(7));
    CHECK(answer("Date: Sun, 01 Mar 2026 12:00:00 GMT\r\n"
                 "Retry-After: Sun, 01 Mar 2026 12:01:00 GMT\r\n")
              .diagnostics.retry_after == std::chrono::seconds(60));
    CHECK_FALSE(answer("Retry-After: soon\r\n").diagnostics.retry_after);
  }

  TEST_CASE("404: status, headers and body are in the diagnostics") {
    const auto connected = connect_to([](server_connection& client) {
      client.respond(
          "HTTP/1.1 404 Not Here\r\nContent-Length: 9\r\nX-Why: because\r\n\r\nnot found");
      client.wait_eof();  // the connection stays open: the length says where the body ends
    });
    CHECK(connected.error == wsx::errc::refused);
    CHECK(connected.diagnostics.http_status == 404);
    CHECK(connected.diagnostics.http_reason == "Not Here");
    CHECK(connected.diagnostics.detail.empty());
    CHECK_FALSE(connected.diagnostics.retry_after);
    CHECK(connected.diagnostics.http_body == "not found");
    CHECK(connected.diagnostics.http_headers.find("x-why") == "because");
  }

  TEST_CASE("a refusal's body ends with the connection, and is cut after 4 KiB") {
    const std::string head = "HTTP/1.1 500 No\r\n\r\n";
    const auto answer = [&](std::size_t size) {
      return connect_to(
                 [&](server_connection& client) { client.respond(head + std::string(size, 'b')); })
          .diagnostics.http_body;
    };
    CHECK(answer(0) == "");
    CHECK(answer(7) == std::string(7, 'b'));
    CHECK(answer(4096) == std::string(4096, 'b'));
    CHECK(answer(50'000) == std::string(4096, 'b'));
  }

  TEST_CASE("the size and the number of headers are limited") {
    auto options = calm();
    options.max_head_size = 500;
    options.max_headers = 10;
    const auto answer_with = [&](std::string lines) {
      return connect_to(
          [=](server_connection& client) {
            client.respond("HTTP/1.1 101 OK\r\n" + lines);
            client.wait_eof();
          },
          options);
    };
    // Neither has an end: the client must not wait for it.
    const auto long_line = answer_with("A: " + std::string(500, 'x'));
    CHECK(long_line.error == wsx::errc::response_head_too_big);
    CHECK(long_line.error == wsx::condition::limit_exceeded);
    std::string many;
    for (int i = 0; i < 11; ++i) many += "A: b\r\n";
    const auto many_lines = answer_with(many);
    CHECK(many_lines.error == wsx::errc::too_many_headers);
    CHECK(many_lines.error == wsx::condition::limit_exceeded);
    CHECK(long_line.diagnostics.detail ==
          "the head of the response is longer than max_head_size, 500 bytes");
    CHECK(many_lines.diagnostics.detail == "the response has more headers than max_headers, 10");
  }

  TEST_CASE("handshake timeout: TCP is accepted, and nobody answers") {
    scripted_server server{[](server_connection&) {}, {.state = port_state::silent}};
    auto options = calm();
    options.handshake_timeout = std::chrono::milliseconds(30);
    test_client<> client{{}, options};
    const auto connected = client.connect(server.url());
    CHECK(connected.error == wsx::errc::handshake_timeout);
    CHECK(connected.error == wsx::condition::timeout);
  }

  TEST_CASE("handshake timeout: it is absolute, and a slow response does not extend it") {
    auto options = calm();
    options.handshake_timeout = std::chrono::milliseconds(50);
    const auto connected = connect_to(
        [](server_connection& client) {
          client.respond("HTTP/1.1 101 OK\r\nA: ");
          for (client.set_timeout(std::chrono::milliseconds(2));;) {
            client.send_raw("x");
            try {
              client.wait_eof();
              return;
            } catch (const wait_timeout&) {}
          }
        },
        options);
    CHECK(connected.error == wsx::errc::handshake_timeout);
  }

  TEST_CASE("connect timeout: the TLS handshake is never answered") {
    scripted_server server{[](server_connection&) {}, {.state = port_state::silent}};
    auto options = calm();
    options.connect_timeout = std::chrono::milliseconds(30);
    test_client<> client{{}, options};
    const auto connected = client.connect("wss://127.0.0.1:" + std::to_string(server.port()) + "/");
    CHECK(connected.error == wsx::errc::connect_timeout);
    CHECK(connected.error == wsx::condition::timeout);
  }

  TEST_CASE("TCP is refused: the error is the system's") {
    scripted_server server{[](server_connection&) {}, {.state = port_state::refusing}};
    test_client client;
    const auto connected = client.connect(server.url());
    CHECK(connected.error == asio::error::connection_refused);
    const std::string address = "127.0.0.1:" + std::to_string(server.port());
    CHECK(connected.diagnostics.detail == address + ": " + connected.error.message());
    CHECK(connected.diagnostics.host == address);
    CHECK(connected.diagnostics.stage == wsx::connect_stage::connecting);
    CHECK(connected.diagnostics.tried ==
          std::vector<wsx::tried_address>{{address, asio::error::connection_refused}});
  }

  TEST_CASE("TCP is refused by each address of a name: all of them were tried") {
    scripted_server server{[](server_connection&) {}, {.state = port_state::refusing}};
    test_client client;
    const std::string port = std::to_string(server.port());
    const auto connected = client.connect("ws://localhost:" + port + "/");
    CHECK(connected.diagnostics.host == "localhost:" + port);
    CHECK(connected.diagnostics.stage == wsx::connect_stage::connecting);
    REQUIRE_FALSE(connected.diagnostics.tried.empty());
    std::vector<std::string> addresses;
    for (const auto& [endpoint, error, option] : connected.diagnostics.tried) {
      CHECK(error);
      addresses.push_back(endpoint);
    }
    CHECK(addresses == std::vector<std::string>{"[::1]:" + port, "127.0.0.1:" + port});
  }

  TEST_CASE("a host that can't exist: the error is the resolver's") {
    // RFC 1035 2.3.4: a label has at most 63 characters. No name server is asked.
    const std::string host = std::string(64, 'a') + ".invalid";
    test_client client;
    const auto connected = client.connect("ws://" + host + "/");
    CHECK(connected.error);
    CHECK(connected.error != wsx::condition::timeout);
    CHECK(connected.diagnostics.host == host + ":80");
    CHECK(connected.diagnostics.stage == wsx::connect_stage::resolving);
    CHECK(connected.diagnostics.tried.empty());
  }

  TEST_CASE("a refused handshake ends the connection at once") {
    scripted_server server{[](server_connection& client) {
      client.respond("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
      client.expect_eof();
    }};
    test_client client;
    CHECK(client.connect(server.url()).error == wsx::errc::refused);
    server.wait();
  }
}
