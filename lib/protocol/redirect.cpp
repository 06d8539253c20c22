#include "redirect.hpp"

#include "credentials.hpp"
#include "display.hpp"
#include "handshake_fields.hpp"
#include "http_syntax.hpp"
#include "percent_encoding.hpp"

#include <wsx/error.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace wsx::protocol {

namespace {

constexpr std::string_view location_name = "Location";

// RFC 3986 3.1: "ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) ":"".
bool has_scheme(std::string_view reference) noexcept {
  const std::size_t colon = reference.find(':');
  if (colon == std::string_view::npos || colon == 0 || !http::is_alpha(reference[0])) return false;
  const std::string_view scheme = reference.substr(0, colon);
  return std::all_of(scheme.begin(), scheme.end(), http::is_scheme_char);
}

// RFC 3986 5.2.4, for a path that begins with a slash.
std::string remove_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);  // with its slash
    const bool last = end == path.size();
    path.remove_prefix(end);
    const bool up = segment == "/..";
    if (up) out.resize(std::min(out.rfind('/'), out.size()));
    if (!up && segment != "/.") out += segment;
    if (last && (up || segment == "/.")) out += '/';
  }
  return out;
}

// RFC 3986 5.2.2, for a reference without scheme and authority, and without a fragment.
std::string resolve(std::string_view base, std::string_view reference) {
  if (reference.empty()) return std::string(base);
  std::string_view kept = base.substr(0, base.find('?'));
  if (!reference.starts_with('?')) kept = kept.substr(0, kept.rfind('/') + 1);
  if (reference.starts_with('/')) kept = {};
  const std::string merged = encode_target(std::string(kept).append(reference));
  const std::size_t query = std::min(merged.find('?'), merged.size());
  return remove_dot_segments(std::string_view(merged).substr(0, query))
      .append(merged.substr(query));
}

std::error_code bad(std::string why, std::string& what) {
  what = std::move(why);
  return errc::bad_redirect;
}

std::error_code parse(std::string_view location, const url& from, url& to, std::string& what) {
  if (has_scheme(location)) return parse_url(location, to, what);
  if (location.starts_with("//"))
    return parse_url(std::string(from.scheme).append(":").append(location), to, what);
  if (const auto fault = fault_in(location, 0); !fault.empty()) return bad("it has " + fault, what);
  to = from;
  to.target = resolve(from.target, location);
  return {};
}

std::error_code locate(const http_head& response, const url& from, url& to, std::string& what) {
  const auto count = std::ranges::count_if(response.headers, [](const header& field) {
    return http::iequals(field.name, location_name);
  });
  if (count != 1)
    return bad(count == 0 ? "the redirect has no Location" : "the redirect has several Locations",
               what);
  const std::string* const value = find_header(response.headers, location_name);
  const std::string_view location = std::string_view(*value).substr(0, value->find('#'));
  if (const auto error = parse(location, from, to, what))
    return bad(
        "the redirect's Location " + quote(display_url(*value)) + " is not a URL to go to: " + what,
        what);
  // A server must not choose what else is on this machine or in its network.
  const bool stays = to.scheme == from.scheme && to.socket_path == from.socket_path;
  if (to.scheme != "ws" && to.scheme != "wss" && !stays)
    return bad("the redirect leads to the scheme " + to.scheme, what);
  if (from.secure() && !to.secure())
    return bad("the redirect leads from wss to ws, at " + to.host_and_port(), what);
  return {};
}

bool same_origin(const url& a, const url& b) noexcept {
  return a.scheme == b.scheme && a.host == b.host && a.zone == b.zone && a.port == b.port;
}

bool belongs_to_origin(const header& field) noexcept {
  constexpr std::array<std::string_view, 3> names{"Authorization", "Cookie", "Proxy-Authorization"};
  return field.secret || is_host(field) || std::ranges::any_of(names, [&](std::string_view name) {
           return http::iequals(field.name, name);
         });
}

}  // namespace

bool is_redirect(const http_head& response) noexcept {
  constexpr std::array<int, 5> all{301, 302, 303, 307, 308};
  return std::ranges::find(all, response.status) != all.end();
}

std::error_code redirect(const http_head& response, upgrade_request& request, std::string& what) {
  url to;
  if (const auto error = locate(response, request.to, to, what)) return error;
  if (!same_origin(request.to, to)) std::erase_if(request.headers, belongs_to_origin);
  request.to = std::move(to);
  authorize(request.to, request.headers);
  return {};
}

}  // namespace wsx::protocol
