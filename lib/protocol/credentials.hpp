#pragma once

#include "base64.hpp"
#include "http_syntax.hpp"

#include <wsx/bytes.hpp>
#include <wsx/header.hpp>
#include <wsx/url.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace wsx::protocol {

/// Returns the value of `Authorization` for "name:password". RFC 7617 2.
inline std::string basic_credentials(std::string_view name_and_password) {
  return "Basic " + base64(as_bytes(name_and_password));
}

/// RFC 7617 2: neither a name nor a password has control characters.
inline bool is_credential(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

inline bool is_authorization(const header& field) noexcept {
  return http::iequals(field.name, "Authorization");
}

/// Adds what the URL's user information says, unless the fields say something else.
inline void authorize(const url& to, header_list& headers) {
  if (to.user_info.empty() || std::ranges::any_of(headers, is_authorization)) return;
  headers.emplace_back("Authorization", basic_credentials(to.user_info));
}

}  // namespace wsx::protocol
