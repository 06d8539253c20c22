#include "display.hpp"
#include "handshake_fields.hpp"
#include "http_syntax.hpp"

#include <wsx/error.hpp>
#include <wsx/protocol/handshake.hpp>

#include <algorithm>
#include <array>

namespace wsx::protocol {

namespace {

// "a line feed at character 7": describes the first character of `text` that `allowed` refuses.
template <class Predicate>
std::string first_fault(std::string_view text, Predicate allowed) {
  const auto wrong = std::find_if_not(text.begin(), text.end(), allowed);
  return name_of(*wrong) + " at character " + std::to_string(wrong - text.begin() + 1);
}

// Returns why `text` can't be `part` of a URL; empty if it can. The text is not shown, since it may
// be anything.
std::string fault_of(std::string_view part, std::string_view text) {
  const std::string subject = "the " + std::string(part);
  if (text.empty()) return subject + " is empty";
  if (std::all_of(text.begin(), text.end(), http::is_visible)) return {};
  return subject + " has " + first_fault(text, http::is_visible);
}

std::error_code check_url(const url& to, std::string& what) {
  std::string fault = fault_of("path", to.target);
  if (fault.empty() && !to.target.starts_with('/')) fault = "the path does not begin with a slash";
  if (fault.empty()) fault = fault_of("host", to.host);
  if (fault.empty()) return {};
  what = std::move(fault);
  return errc::invalid_url;
}

// The handshake sets these itself; the last two make no sense without a body.
bool is_reserved(std::string_view name) noexcept {
  constexpr std::string_view family = "Sec-WebSocket-";
  constexpr std::array<std::string_view, 4> names{"Upgrade", "Connection", "Content-Length",
                                                  "Transfer-Encoding"};
  return http::iequals(name.substr(0, family.size()), family) ||
         std::any_of(names.begin(), names.end(),
                     [name](std::string_view reserved) { return http::iequals(name, reserved); });
}

std::error_code check_header(const header& field, std::string& what) {
  const auto refuse = [&what](errc error, std::string text) {
    what = std::move(text);
    return make_error_code(error);
  };
  if (field.name.empty()) return refuse(errc::invalid_header, "a header has no name");
  // The character that no name has may be followed by a value.
  const auto end = std::find_if_not(field.name.begin(), field.name.end(), http::is_token_char);
  const std::string name = quote({field.name.begin(), end});
  if (!http::is_token(field.name))
    return refuse(errc::invalid_header, "the name of header " + name + " has " +
                                            first_fault(field.name, http::is_token_char));
  if (!http::is_field_value(field.value))
    return refuse(errc::invalid_header, "the value of header " + name + " has " +
                                            first_fault(field.value, http::is_field_char));
  if (is_reserved(field.name))
    return refuse(errc::reserved_header, "header " + name + " is set by the handshake itself");
  return {};
}

std::error_code check_headers(const header_list& headers, std::string& what) {
  for (const header& field : headers) {
    if (const auto ec = check_header(field, what)) return ec;
  }
  // RFC 9112 3.2: a request with two Host fields is answered with 400.
  if (std::count_if(headers.begin(), headers.end(), is_host) <= 1) return {};
  what = "header \"Host\" is there twice";
  return errc::reserved_header;
}

// RFC 6455 4.1 item 10: tokens, all different.
std::error_code check_subprotocols(const std::vector<std::string>& offered, std::string& what) {
  for (auto it = offered.begin(); it != offered.end(); ++it) {
    const bool token = http::is_token(*it);
    if (token && std::find(offered.begin(), it, *it) == it) continue;
    what = "subprotocol " + quote(*it) + (token ? " is offered twice" : " is not a token");
    return errc::invalid_subprotocol;
  }
  return {};
}

}  // namespace

std::error_code check_request(const upgrade_request& request, std::string& what) {
  if (const auto ec = check_url(request.to, what)) return ec;
  if (const auto ec = check_headers(request.headers, what)) return ec;
  return check_subprotocols(request.subprotocols, what);
}

}  // namespace wsx::protocol
