#include "handshake_fixture.hpp"

#include <wsx/error.hpp>

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

// What a request or a response that is refused is said to be.

namespace {

using namespace handshake_test;
using wsx::protocol::check_request;
using wsx::protocol::check_response;
using wsx::protocol::upgrade_result;

}  // namespace

TEST_SUITE("protocol/handshake_errors") {
  TEST_CASE("what was wrong is said, without a header's value") {
    const auto what = [](const upgrade_request& request) {
      std::string result;
      CHECK(check_request(request, result));
      return result;
    };
    CHECK(what(request_with({{"Authorization", "secret\n"}})) ==
          R"(the value of header "Authorization" has a line feed at character 7)");
    CHECK(what(request_with({{"X", std::string("a\0", 2)}})) ==
          R"(the value of header "X" has a NUL at character 2)");
    CHECK(what(request_with({{"a\r\nb\x1b[m", "x"}})) ==
          R"(the name of header "a" has a carriage return at character 2)");
    CHECK(what(request_with({{"a: b", "x"}})) ==
          R"(the name of header "a" has the character : at character 2)");
    CHECK(what(request_with({{"", "x"}})) == "a header has no name");
    CHECK(what(request_with({{"upgrade", "x"}})) ==
          R"(header "upgrade" is set by the handshake itself)");
    CHECK(what(request_with({{"host", "x"}, {"host", "x"}})) == R"(header "Host" is there twice)");
    CHECK(what(request_offering({"ok", "not\tok"})) == R"(subprotocol "not\tok" is not a token)");
    CHECK(what(request_offering({""})) == R"(subprotocol "" is not a token)");
    CHECK(what(request_offering({"a", "b", "a"})) == R"(subprotocol "a" is offered twice)");
    CHECK(what(request_offering({std::string(10'000, ' ')})).size() < 120);
    CHECK(what(request_with({{std::string(10'000, ' '), "x"}})).size() < 160);
    upgrade_request request = request_to("ws://h/");
    request.to.target = "/secret\xff";
    CHECK(what(request) == "the path has the byte \\xff at character 8");
    request.to.target = "secret";
    CHECK(what(request) == "the path does not begin with a slash");
    request.to.target = "";
    CHECK(what(request) == "the path is empty");
    request.to.target = "/";
    request.to.host = "h\n";
    CHECK(what(request) == "the host has a line feed at character 2");
    request.to.host = "";
    CHECK(what(request) == "the host is empty");
  }
  TEST_CASE("what was wrong is said") {
    const auto what_of = [](const http_head& response, const upgrade_request& request = {}) {
      upgrade_result ignored;
      std::string what;
      CHECK(check_response(response, request, key, ignored, what));
      return what;
    };
    const auto with = [&](std::string_view name, const std::vector<std::string>& values) {
      return what_of(response_with(name, values), request_offering({"a", "b"}));
    };
    CHECK(with("Upgrade", {}) == "Upgrade is missing");
    CHECK(with("Upgrade", {"h2c", "x"}) == R"(Upgrade is "h2c, x", not websocket)");
    CHECK(with("Upgrade", {"a\x1b[m"}) == R"(Upgrade is "a\x1b[m", not websocket)");
    CHECK(with("Upgrade", {std::string(10'000, 'x')}).size() < 120);
    CHECK(with("Connection", {}) == "Connection is missing");
    CHECK(with("Connection", {"close"}) == R"(Connection is "close", not Upgrade)");
    CHECK(with("Sec-WebSocket-Accept", {}) == "Sec-WebSocket-Accept is missing");
    CHECK(with("Sec-WebSocket-Accept", {accept, accept}) ==
          "Sec-WebSocket-Accept is there more than once");
    CHECK(with("Sec-WebSocket-Accept", {"x"}) ==
          "Sec-WebSocket-Accept is \"x\", not \"" + accept + '"');
    CHECK(with("Sec-WebSocket-Extensions", {"x-y; z"}) ==
          "the server chose x-y, which was not offered");
    CHECK(with("Sec-WebSocket-Protocol", {"c\r"}) ==
          R"(the server chose subprotocol "c\r", offered was "a", "b")");
    CHECK(with("Sec-WebSocket-Protocol", {"a", "b"}) ==
          "Sec-WebSocket-Protocol is there more than once");
    CHECK(what_of(response_with("Sec-WebSocket-Protocol", {"c"})) ==
          R"(the server chose subprotocol "c", offered was none)");
    const std::vector<std::string> many(50, std::string(100, 'x'));
    CHECK(what_of(response_with("Sec-WebSocket-Protocol", {"c"}), request_offering(many)).size() <
          500);
    http_head old = good_response();
    old.minor_version = 0;
    CHECK(what_of(old) == "the response is HTTP/1.0, which knows no upgrade");
  }

  TEST_CASE("what is said of a refusal is what helps") {
    const auto said = [](int status, const header_list& headers) {
      upgrade_result ignored;
      std::string what = "nothing yet";
      const http_head response{.status = status, .reason = "Reason", .headers = headers};
      CHECK(check_response(response, {}, key, ignored, what));
      return what;
    };
    CHECK(said(404, {{"Location", "ws://h/"}, {"WWW-Authenticate", "Basic"}}) == "");
    CHECK(said(301, {{"location", "wss://user:secret@new.example/x?token=secret#secret"}}) ==
          "moved to wss://new.example/x?token=***, redirects are not followed");
    CHECK(said(307, {{"Location", "/login\x1b"}}) ==
          R"(moved to /login\x1b, redirects are not followed)");
    CHECK(said(304, {}) == "");
    CHECK(said(401, {{"WWW-Authenticate", "Bearer realm=\"secret\", error=\"x\""}}) ==
          "it asks for authentication by Bearer");
    CHECK(said(401, {{"WWW-Authenticate", "Negotiate, Basic realm=x"}}) ==
          "it asks for authentication by Negotiate");
    CHECK(said(401, {{"WWW-Authenticate", "\x1b[m"}}) == "");
    CHECK(said(401, {{"WWW-Authenticate", ""}}) == "");
    CHECK(said(401, {}) == "");
    CHECK(said(426, {{"Sec-WebSocket-Version", "8, 7"}, {"Upgrade", "websocket"}}) ==
          R"(it speaks version "8, 7" of the protocol, not 13)");
    CHECK(said(426, {{"Upgrade", "h2c"}}) == R"(it asks for an upgrade to "h2c")");
    CHECK(said(426, {}) == "");
  }
}
