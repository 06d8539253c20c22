#include <wsx/testing/script_error.hpp>
#include <wsx/testing/server_handshake.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace wsx::testing;

namespace {

const std::string head =
    "GET /chat?room=1 HTTP/1.1\r\n"
    "Host: server.example.com\r\n"
    "upgrade: WebSocket\r\n"
    "Connection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version:13\r\n"
    "\r\n";

http_request parsed(std::string_view bytes) {
  auto request = parse_request(bytes);
  REQUIRE(request);
  return *request;
}

// What is wrong with the request above after a replacement.
std::string refusal(std::string_view from, std::string_view to) {
  auto changed = head;
  const auto at = changed.find(from);
  REQUIRE(at != std::string::npos);
  changed.replace(at, from.size(), to);
  try {
    check_upgrade_request(parsed(changed));
  } catch (const script_error& error) {
    return error.what();
  }
  return "not refused";
}

}  // namespace

TEST_SUITE("testing/server_handshake") {
  TEST_CASE("a request is parsed and taken off the bytes") {
    const auto bytes = head + "rest";
    std::string_view view = bytes;
    const auto request = parse_request(view);
    REQUIRE(request);
    CHECK(view == "rest");
    CHECK(request->method == "GET");
    CHECK(request->target == "/chat?room=1");
    CHECK(request->version == "HTTP/1.1");
    CHECK(request->raw == head);
    REQUIRE(request->headers.size() == 5);
    CHECK(request->headers[0] == wsx::header{"Host", "server.example.com"});
    CHECK(request->headers[4] == wsx::header{"Sec-WebSocket-Version", "13"});
    REQUIRE(request->find("UPGRADE"));
    CHECK(*request->find("UPGRADE") == "WebSocket");
    CHECK(request->find("Origin") == nullptr);
    CHECK_NOTHROW(check_upgrade_request(*request));
  }

  TEST_CASE("a request that is not whole is left alone") {
    for (std::size_t cut = 0; cut < head.size(); ++cut) {
      auto view = std::string_view{head}.substr(0, cut);
      CHECK_FALSE(parse_request(view));
      CHECK(view.size() == cut);
    }
  }

  TEST_CASE("what is no request is refused") {
    for (const std::string bytes :
         {"GET / \r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\r\n\r\n", "GET / HTTP/1.1\r\nHost\r\n\r\n",
          "GET / HTTP/1.1\r\n: x\r\n\r\n", "GET / HTTP/1.1\r\nA: b\r\n folded: c\r\n\r\n"}) {
      CAPTURE(bytes);
      std::string_view view = bytes;
      CHECK_THROWS_AS(parse_request(view), script_error);
    }
    const std::string endless(max_request_head + 1, 'x');
    std::string_view view = endless;
    CHECK_THROWS_AS(parse_request(view), script_error);
  }

  TEST_CASE("RFC 6455 4.1: a handshake that a client may not send is refused") {
    CHECK(refusal("GET", "POST") == "the method must be GET, but the request has POST");
    CHECK(refusal("HTTP/1.1", "HTTP/1.0").starts_with("the version"));
    CHECK(refusal("/chat", "http://x/").starts_with("the target"));
    CHECK(refusal("Host: server", "Hast: server") ==
          "the request has 0 headers Host instead of one");
    CHECK(refusal("WebSocket", "h2c").starts_with("Upgrade must"));
    CHECK(refusal("keep-alive, Upgrade", "keep-alive").starts_with("Connection must"));
    CHECK(refusal(":13", ":8").starts_with("Sec-WebSocket-Version must"));
    CHECK(refusal("ZQ==", "Z===").starts_with("Sec-WebSocket-Key must"));
    CHECK(refusal("ZQ==", "").starts_with("Sec-WebSocket-Key must"));
    CHECK(refusal("dGhl", "d*hl").starts_with("Sec-WebSocket-Key must"));
    CHECK(refusal("Host: ", "Sec-WebSocket-Key: ") ==
          "the request has 0 headers Host instead of one");
    CHECK(refusal("\r\n\r\n", "\r\nUpgrade: websocket\r\n\r\n") ==
          "the request has 2 headers Upgrade instead of one");
  }

  TEST_CASE("the answer has the accept key of RFC 6455 1.3, and what the script adds") {
    CHECK(accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    CHECK(make_accept_response(parsed(head)) ==
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    const auto response =
        make_accept_response(parsed(head), {.subprotocol = "chat", .headers = {{"Server", "x"}}});
    CHECK(response.ends_with("Sec-WebSocket-Protocol: chat\r\nServer: x\r\n\r\n"));
  }
}
