#pragma once

#include "http_syntax.hpp"

#include <wsx/header.hpp>

#include <string>
#include <string_view>

// The fields of the opening handshake that several of its parts check.
namespace wsx::protocol {

inline constexpr std::string_view subprotocol_name = "Sec-WebSocket-Protocol";

inline constexpr std::string_view user_agent_name = "User-Agent";

// "wsx/1.0.0". RFC 9110 10.1.5.
const std::string& default_user_agent();

// An empty one stands for none.
inline bool is_absent_user_agent(const header& field) noexcept {
  return field.value.empty() && http::iequals(field.name, user_agent_name);
}

// RFC 6265 5.4.
inline bool is_cookie_field(const header& field) noexcept {
  return http::iequals(field.name, "Cookie");
}

inline bool is_host(const header& field) noexcept {
  return http::iequals(field.name, "Host");
}

}  // namespace wsx::protocol
