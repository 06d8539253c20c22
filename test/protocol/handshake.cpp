#include "handshake_fixture.hpp"

#include <wsx/error.hpp>

#include <doctest/doctest.h>

#include <ostream>
#include <set>
#include <string>

namespace {

using namespace handshake_test;
using wsx::errc;
using wsx::find_header;
using wsx::protocol::accept_for;
using wsx::protocol::check_request;
using wsx::protocol::check_response;
using wsx::protocol::format_request;
using wsx::protocol::make_key;
using wsx::protocol::upgrade_result;

std::error_code refusal(const upgrade_request& request) {
  std::string what;
  return check_request(request, what);
}

std::error_code verdict(const http_head& response, const upgrade_request& request = {}) {
  upgrade_result ignored;
  std::string what;
  return check_response(response, request, key, ignored, what);
}

std::error_code verdict_on(std::string_view name, const std::vector<std::string>& values) {
  CAPTURE(name);
  return verdict(response_with(name, values));
}

}  // namespace

TEST_SUITE("protocol/handshake: the key, RFC 6455 4.1, 4.2.2") {
  TEST_CASE("RFC 6455 1.3: the example") {
    CHECK(accept_for(key) == accept);
  }

  TEST_CASE("a key is 16 bytes in Base64") {
    const std::string fresh = make_key();
    CHECK(fresh.size() == 24);
    CHECK(fresh.ends_with("=="));
    CHECK(fresh.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789+/") == 22);
    // 16 bytes end in the middle of a character: of its 6 bits the last 4 are 0.
    CHECK(std::string_view("AQgw").find(fresh[21]) != std::string_view::npos);
  }

  TEST_CASE("a key is fresh each time") {
    std::set<std::string> keys;
    for (int i = 0; i < 1000; ++i) keys.insert(make_key());
    CHECK(keys.size() == 1000);
  }
}

TEST_SUITE("protocol/handshake: the request, RFC 6455 4.1") {
  TEST_CASE("the whole of it") {
    upgrade_request request = request_to("ws://example.com:8080/chat?room=1");
    request.headers = {{"Origin", "http://example.com"}, {"Cookie", "a=b; c=d"}};
    request.subprotocols = {"chat", "superchat"};
    CHECK(format_request(request, key) ==
          "GET /chat?room=1 HTTP/1.1\r\n"
          "Host: example.com:8080\r\n"
          "Upgrade: websocket\r\n"
          "Connection: Upgrade\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
          "Sec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Protocol: chat, superchat\r\n"
          "User-Agent: wsx/0.1.0\r\n"
          "Origin: http://example.com\r\n"
          "Cookie: a=b; c=d\r\n"
          "\r\n");
  }

  TEST_CASE("the least of it") {
    CHECK(format_request(request_to("wss://[::1]"), key) ==
          "GET / HTTP/1.1\r\n"
          "Host: [::1]\r\n"
          "Upgrade: websocket\r\n"
          "Connection: Upgrade\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
          "Sec-WebSocket-Version: 13\r\n"
          "User-Agent: wsx/0.1.0\r\n"
          "\r\n");
  }

  TEST_CASE("the user's Host replaces the URL's, in its place") {
    const upgrade_request request = request_with({{"a", "b"}, {"hOST", "virtual.example:1"}});
    CHECK_FALSE(refusal(request));
    const std::string head = format_request(request, key);
    CHECK(head.starts_with("GET /chat HTTP/1.1\r\nHost: virtual.example:1\r\nUpgrade:"));
    CHECK(head.find("example.com") == std::string::npos);
    CHECK(head.ends_with("/0.1.0\r\na: b\r\n\r\n"));
  }

  TEST_CASE("a header may repeat, and keeps its order") {
    const upgrade_request request = request_with({{"a", "1"}, {"b", ""}, {"a", "2"}});
    CHECK_FALSE(refusal(request));
    CHECK(format_request(request, key).ends_with("\r\na: 1\r\nb: \r\na: 2\r\n\r\n"));
  }

  TEST_CASE("User-Agent: wsx by default, another one, or none") {
    auto request = request_to("ws://h/");
    CHECK(format_request(request, key).find("User-Agent: wsx/0.1.0\r\n") != std::string::npos);
    request.headers = {{"user-agent", "mine/1"}};
    CHECK(format_request(request, key).ends_with("13\r\nuser-agent: mine/1\r\n\r\n"));
    request.headers = {{"User-agent", ""}, {"a", "b"}};
    CHECK(format_request(request, key).ends_with("13\r\na: b\r\n\r\n"));
  }
}

TEST_SUITE("protocol/handshake: what the user supplies") {
  TEST_CASE("nothing wrong") {
    upgrade_request request = request_with({{"Authorization", "Basic eDp5"},
                                            {"X-Tab", "a\tb"},
                                            {"X-Empty", ""},
                                            {"X-Bytes", "\xc3\xa9"},
                                            {"Host", "h"},
                                            {"Sec-Fetch-Mode", "websocket"}});
    request.subprotocols = {"chat", "Chat", "v1.example+json"};
    std::string what = "untouched";
    CHECK_FALSE(check_request(request, what));
    CHECK(what == "untouched");
  }

  TEST_CASE("RFC 9110 5.5: no control character gets into a value") {
    for (int byte = 0; byte < 256; ++byte) {
      CAPTURE(byte);
      const bool forbidden = (byte < 0x20 && byte != '\t') || byte == 0x7f;
      for (const std::string& value :
           {std::string{static_cast<char>(byte)}, std::string{'a', static_cast<char>(byte), 'b'},
            std::string{'a', static_cast<char>(byte)}}) {
        CHECK(refusal(request_with({{"X-Test", value}})) ==
              (forbidden ? errc::invalid_header : std::error_code{}));
        CHECK(refusal(request_with({{"Host", value}})) ==
              (forbidden ? errc::invalid_header : std::error_code{}));
      }
    }
  }

  TEST_CASE("attempts to inject a header or a second request") {
    for (const std::string value :
         {"x\r\nEvil: 1", "x\nEvil: 1", "x\rEvil: 1", "x\r\n\r\nGET /admin HTTP/1.1\r\n\r\n",
          "\r\n", "x\r\n folded"}) {
      CAPTURE(value);
      CHECK(refusal(request_with({{"X-Test", value}})) == errc::invalid_header);
      CHECK(refusal(request_with({{value, "x"}})) == errc::invalid_header);
      CHECK(refusal(request_offering({value})) == errc::invalid_subprotocol);
    }
  }

  TEST_CASE("RFC 9110 5.1: a name is a token") {
    for (const std::string name : {"", " ", "a b", " a", "a ", "a:", "a\t", "a,b", "\"a\"", "a(b)",
                                   "a/b", "a@b", "a\x7f", "\xc3\xa9"}) {
      CAPTURE(name);
      CHECK(refusal(request_with({{name, "x"}})) == errc::invalid_header);
    }
    CHECK(refusal(request_with({{std::string("a\0b", 3), "x"}})) == errc::invalid_header);
  }

  TEST_CASE("headers that the handshake sets itself") {
    for (const std::string name :
         {"Upgrade", "upgrade", "Connection", "CONNECTION", "Content-Length", "content-length",
          "Transfer-Encoding", "Sec-WebSocket-Key", "sec-websocket-version",
          "Sec-WebSocket-Protocol", "SEC-WEBSOCKET-EXTENSIONS", "Sec-WebSocket-Anything",
          "Sec-WebSocket-"}) {
      CAPTURE(name);
      CHECK(refusal(request_with({{"a", "b"}, {name, "x"}})) == errc::reserved_header);
    }
  }

  TEST_CASE("RFC 9112 3.2: Host only once") {
    CHECK_FALSE(refusal(request_with({{"Host", "a"}})));
    CHECK(refusal(request_with({{"Host", "a"}, {"x", "y"}, {"host", "a"}})) ==
          errc::reserved_header);
  }

  TEST_CASE("RFC 6455 4.1 item 10: subprotocols are tokens, all different") {
    for (const std::string name : {"", "a b", "a,b", "a/b", "a;b", "\xc3\xa9", "a\r\nb"}) {
      CAPTURE(name);
      CHECK(refusal(request_offering({name})) == errc::invalid_subprotocol);
      CHECK(refusal(request_offering({"ok", name})) == errc::invalid_subprotocol);
    }
    CHECK(refusal(request_offering({"a", "b", "a"})) == errc::invalid_subprotocol);
    CHECK_FALSE(refusal(request_offering({"a", "b", "A"})));
  }

  TEST_CASE("a URL that was not made by parse_url") {
    for (const std::string target :
         {"", "chat", "/a b", "/a\r\nEvil: 1", "/\x7f", "/\xc3\xa9", "/ HTTP/1.1\r\n\r\nGET /"}) {
      CAPTURE(target);
      upgrade_request request = request_to("ws://h/");
      request.to.target = target;
      CHECK(refusal(request) == errc::invalid_url);
    }
    for (const std::string host : {"", "a b", "h\r\nEvil: 1"}) {
      CAPTURE(host);
      upgrade_request request = request_to("ws://h/");
      request.to.host = host;
      CHECK(refusal(request) == errc::invalid_url);
    }
  }
}

TEST_SUITE("protocol/handshake: the response, RFC 6455 4.1") {
  TEST_CASE("a good one") {
    CHECK_FALSE(verdict(good_response()));
  }

  TEST_CASE("item 1: status 101") {
    for (const int status : {0, 100, 102, 200, 301, 400, 401, 404, 407, 426, 451, 499, 600, 999}) {
      http_head response = good_response();
      response.status = status;
      CHECK(verdict(response) == errc::refused);
    }
  }

  TEST_CASE("a status that says that the server may answer otherwise later") {
    for (const int status : {408, 425, 429, 500, 502, 503, 504, 599}) {
      http_head response = good_response();
      response.status = status;
      CHECK(verdict(response) == errc::refused_for_now);
    }
  }

  TEST_CASE("another status counts before any header") {
    CHECK(verdict({.status = 404, .reason = "Not Found", .headers = {}}) == errc::refused);
  }

  TEST_CASE("item 2: Upgrade is websocket") {
    for (const std::string value : {"websocket", "WebSocket", "WEBSOCKET", " websocket\t",
                                    ",websocket", "websocket, ", ", ,\t,WebSocket"}) {
      CAPTURE(value);
      CHECK_FALSE(verdict_on("Upgrade", {value}));
    }
    for (const std::string value :
         {"", "h2c", "websockets", "web socket", "xwebsocket", "websocket/13", "websocket;q=1",
          "\"websocket\"", ",", "web,socket", "websocket, h2c", "h2c, websocket",
          "websocket, websocket", "websocket,,x", "websocket h2c"}) {
      CAPTURE(value);
      CHECK(verdict_on("Upgrade", {value}) == errc::bad_upgrade_header);
    }
    CHECK(verdict_on("Upgrade", {}) == errc::bad_upgrade_header);
  }

  TEST_CASE("item 3: Connection has upgrade") {
    for (const std::string value : {"upgrade", "Upgrade", "UPGRADE", "keep-alive, Upgrade",
                                    "Upgrade,keep-alive", " ,\tupgrade ,"}) {
      CAPTURE(value);
      CHECK_FALSE(verdict_on("Connection", {value}));
    }
    for (const std::string value : {"", "close", "keep-alive", "upgrades", "no-upgrade", "up grade",
                                    "keep-alive Upgrade", "keep-alive;Upgrade"}) {
      CAPTURE(value);
      CHECK(verdict_on("Connection", {value}) == errc::bad_connection_header);
    }
    CHECK(verdict_on("Connection", {}) == errc::bad_connection_header);
  }

  TEST_CASE("RFC 9110 5.3: several fields of a list are one list") {
    CHECK_FALSE(verdict_on("Connection", {"keep-alive", "Upgrade"}));
    CHECK_FALSE(verdict_on("Connection", {"Upgrade", "", "keep-alive"}));
    CHECK_FALSE(verdict_on("Upgrade", {"", "websocket"}));
    CHECK(verdict_on("Upgrade", {"websocket", "h2c"}) == errc::bad_upgrade_header);
    CHECK(verdict_on("Upgrade", {"h2c", "websocket"}) == errc::bad_upgrade_header);
    CHECK(verdict_on("Upgrade", {"websocket", "websocket"}) == errc::bad_upgrade_header);
    CHECK(verdict_on("Connection", {"up", "grade"}) == errc::bad_connection_header);
    CHECK(verdict_on("Upgrade", {"web", "socket"}) == errc::bad_upgrade_header);
  }

  TEST_CASE("names of fields have no case") {
    const http_head response{
        .status = 101,
        .reason = "",
        .headers = {
            {"UPGRADE", "websocket"}, {"connection", "Upgrade"}, {"sec-websocket-ACCEPT", accept}}};
    CHECK_FALSE(verdict(response));
  }

  TEST_CASE("item 4: Sec-WebSocket-Accept is right, and there once") {
    const std::string name = "Sec-WebSocket-Accept";
    CHECK_FALSE(verdict_on(name, {" \t" + accept + "\t "}));
    CHECK(verdict_on(name, {}) == errc::bad_accept_header);
    CHECK(verdict_on(name, {accept, accept}) == errc::bad_accept_header);
    CHECK(verdict_on(name, {accept, "other"}) == errc::bad_accept_header);
    for (const std::string value :
         {"", "S3PPLMBITXAQ9KYGZZHZRBK+XOO=", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo",
          "s3pPLMBiTxaQ9kYGzzhZRbK+xOo==", "\"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\"",
          "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYG zzhZRbK+xOo=",
          "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=, x"}) {
      CAPTURE(value);
      CHECK(verdict_on(name, {value}) == errc::bad_accept_header);
    }
  }

  TEST_CASE("item 4: the answer to another key is wrong") {
    upgrade_result ignored;
    std::string what;
    CHECK(check_response(good_response(), {}, make_key(), ignored, what) ==
          errc::bad_accept_header);
    CHECK(what.starts_with("Sec-WebSocket-Accept is \"" + accept + "\", not \""));
  }

  TEST_CASE("item 5: no extension was offered, so none may be granted") {
    const std::string name = "Sec-WebSocket-Extensions";
    CHECK_FALSE(verdict_on(name, {""}));
    CHECK_FALSE(verdict_on(name, {" \t"}));
    CHECK(verdict_on(name, {"permessage-deflate"}) == errc::bad_extensions_header);
    CHECK(verdict_on(name, {"", "x"}) == errc::bad_extensions_header);
    CHECK(verdict_on(name, {"permessage-deflate; client_no_context_takeover"}) ==
          errc::bad_extensions_header);
  }

  TEST_CASE("item 6: the subprotocol is one of those offered") {
    const auto chosen = [](const std::string& value, std::vector<std::string> offered) {
      upgrade_result result;
      std::string what;
      CHECK_FALSE(check_response(response_with("Sec-WebSocket-Protocol", {value}),
                                 request_offering(std::move(offered)), key, result, what));
      return result.subprotocol;
    };
    CHECK(chosen("chat", {"chat"}) == "chat");
    CHECK(chosen("b", {"a", "b", "c"}) == "b");
    CHECK(chosen(" b\t", {"a", "b", "c"}) == "b");
  }

  TEST_CASE("item 6: the server need not choose a subprotocol") {
    upgrade_result result{"old"};
    std::string what;
    CHECK_FALSE(check_response(good_response(), request_offering({"a"}), key, result, what));
    CHECK(result.subprotocol.empty());
  }

  TEST_CASE("item 6: bad subprotocols") {
    const std::string name = "Sec-WebSocket-Protocol";
    const auto offered = request_offering({"a", "b"});
    for (const std::string value : {"", "c", "A", "a, b", "a,", "ab", "a b", "\"a\""}) {
      CAPTURE(value);
      CHECK(verdict(response_with(name, {value}), offered) == errc::bad_subprotocol_header);
    }
    CHECK(verdict(response_with(name, {"a", "a"}), offered) == errc::bad_subprotocol_header);
    CHECK(verdict(response_with(name, {"a", "b"}), offered) == errc::bad_subprotocol_header);
    CHECK(verdict(response_with(name, {"a"})) == errc::bad_subprotocol_header);
    CHECK(verdict(response_with(name, {""})) == errc::bad_subprotocol_header);
  }

  TEST_CASE("a refused response leaves the result as it was") {
    upgrade_result result{"old"};
    std::string what;
    CHECK(check_response(response_with("Sec-WebSocket-Protocol", {"c"}), request_offering({"a"}),
                         key, result, what));
    CHECK(result.subprotocol == "old");
    CHECK(what == R"(the server chose subprotocol "c", offered was "a")");
  }
}
