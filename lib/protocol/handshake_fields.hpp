#pragma once

#include "http_syntax.hpp"

#include <wsx/header.hpp>

#include <string_view>

// The fields of the opening handshake that several of its parts check.
namespace wsx::protocol {

inline constexpr std::string_view subprotocol_name = "Sec-WebSocket-Protocol";

inline bool is_host(const header& field) noexcept {
  return http::iequals(field.name, "Host");
}

}  // namespace wsx::protocol
