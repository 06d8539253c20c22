#pragma once

#include "http_syntax.hpp"

#include <wsx/cookie_jar.hpp>
#include <wsx/header.hpp>
#include <wsx/url.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace wsx::protocol {

inline bool is_set_cookie(const header& field) noexcept {
  return http::iequals(field.name, "Set-Cookie");
}

using cookie_time = std::chrono::system_clock::time_point;

/// Parses the value of a `Set-Cookie` field that a server at `from` has sent. Nothing if the cookie
/// must be ignored. RFC 6265 5.2, 5.3.
std::optional<cookie> parse_set_cookie(std::string_view value, const url& from, cookie_time now);

/// Parses a date as RFC 6265 5.1.1 has it.
std::optional<cookie_time> parse_cookie_date(std::string_view text);

/// Returns whether a cookie may have these values: they can be sent, and are not too long.
bool is_cookie(const cookie& c) noexcept;

/// RFC 6265 5.1.3: whether `host` is the domain, or below it.
bool domain_matches(std::string_view host, bool host_is_ip, std::string_view domain) noexcept;

/// RFC 6265 5.1.4: whether the path of a request is the cookie's path, or below it.
bool path_matches(std::string_view path, std::string_view cookie_path) noexcept;

/// Returns the path of a target, without its query.
inline std::string_view path_of(std::string_view target) noexcept {
  return target.substr(0, target.find('?'));
}

}  // namespace wsx::protocol
