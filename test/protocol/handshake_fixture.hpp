#pragma once

#include <wsx/protocol/handshake.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Requests and responses that the tests of the handshake change one thing about.
namespace handshake_test {

using wsx::header;
using wsx::header_list;
using wsx::protocol::http_head;
using wsx::protocol::upgrade_request;

// RFC 6455 1.3: the example's key and its answer.
inline constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";
inline const std::string accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

inline upgrade_request request_to(std::string_view text) {
  upgrade_request request;
  CHECK_FALSE(wsx::parse_url(text, request.to));
  return request;
}

inline upgrade_request request_with(header_list headers) {
  upgrade_request request = request_to("ws://example.com/chat");
  request.headers = std::move(headers);
  return request;
}

inline upgrade_request request_offering(std::vector<std::string> subprotocols) {
  upgrade_request request = request_to("ws://example.com/chat");
  request.subprotocols = std::move(subprotocols);
  return request;
}

inline http_head good_response() {
  return {
      .status = 101,
      .reason = "Switching Protocols",
      .headers = {
          {"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Accept", accept}}};
}

// The good response with the fields of that name replaced by these.
inline http_head response_with(std::string_view name, const std::vector<std::string>& values) {
  http_head response = good_response();
  std::erase_if(response.headers, [name](const header& field) { return field.name == name; });
  for (const std::string& value : values) response.headers.push_back({std::string(name), value});
  return response;
}

}  // namespace handshake_test
