#include "display.hpp"
#include "handshake_fields.hpp"
#include "http_syntax.hpp"

#include <wsx/error.hpp>
#include <wsx/protocol/handshake.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace wsx::protocol {

namespace {

constexpr std::string_view accept_name = "Sec-WebSocket-Accept";
// The rule of RFC 6455 4.1 that the response breaks, and how, as a phrase for people.
struct verdict {
  errc error{};
  std::string what{};
};

// Returns the values of all fields with that name, as one list. RFC 9110 5.3.
std::string combined(const header_list& headers, std::string_view name) {
  std::string list;
  for (const header& field : headers) {
    if (!http::iequals(field.name, name)) continue;
    if (!list.empty()) list += ", ";
    list += field.value;
  }
  return list;
}

std::ptrdiff_t count_fields(const header_list& headers, std::string_view name) {
  return std::count_if(headers.begin(), headers.end(),
                       [name](const header& h) { return http::iequals(h.name, name); });
}

std::string is_missing(std::string_view name) {
  return std::string(name) + " is missing";
}

std::string is_there_twice(std::string_view name) {
  return std::string(name) + " is there more than once";
}

// RFC 6455 4.1 answer item 2: the value is "websocket", so it has no other element.
verdict check_upgrade(const header_list& headers) {
  const std::string value = combined(headers, "Upgrade");
  if (http::list_is(value, "websocket")) return {};
  if (count_fields(headers, "Upgrade") == 0)
    return {errc::bad_upgrade_header, is_missing("Upgrade")};
  return {errc::bad_upgrade_header, "Upgrade is " + quote(value) + ", not websocket"};
}

verdict check_connection(const header_list& headers) {
  const std::string value = combined(headers, "Connection");
  if (http::list_has(value, "upgrade")) return {};
  if (count_fields(headers, "Connection") == 0)
    return {errc::bad_connection_header, is_missing("Connection")};
  return {errc::bad_connection_header, "Connection is " + quote(value) + ", not Upgrade"};
}

// RFC 6455 4.1 answer item 4. Base64 is case-sensitive, so the comparison is exact.
verdict check_accept(const header_list& headers, std::string_view key) {
  const auto count = count_fields(headers, accept_name);
  if (count == 0) return {errc::bad_accept_header, is_missing(accept_name)};
  if (count > 1) return {errc::bad_accept_header, is_there_twice(accept_name)};
  const std::string_view value = http::trim_ows(*find_header(headers, accept_name));
  const std::string expected = accept_for(key);
  if (value == expected) return {};
  return {errc::bad_accept_header,
          std::string(accept_name) + " is " + quote(value) + ", not " + quote(expected)};
}

std::string list_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 8;
  std::string result;
  for (const std::string& name : std::span(names).first(std::min(names.size(), most)))
    result += (result.empty() ? "" : ", ") + quote(name, 40);
  return names.size() > most ? result + ", ..." : result;
}

// RFC 6455 4.1 answer item 6. If the server chooses none, the field is absent (4.2.2 item 5).
verdict choose_subprotocol(const header_list& headers, const std::vector<std::string>& offered,
                           std::string& chosen) {
  const std::string* const field = find_header(headers, subprotocol_name);
  if (field == nullptr) return {};
  if (count_fields(headers, subprotocol_name) != 1)
    return {errc::bad_subprotocol_header, is_there_twice(subprotocol_name)};
  const std::string_view value = http::trim_ows(*field);
  const auto match = std::find(offered.begin(), offered.end(), value);
  if (match == offered.end()) {
    const std::string choice = offered.empty() ? "none" : list_of(offered);
    return {errc::bad_subprotocol_header,
            "the server chose subprotocol " + quote(value) + ", offered was " + choice};
  }
  chosen = *match;
  return {};
}

// RFC 9110 15.5.9, RFC 8470 5.2, RFC 6585 4: the server may answer the same request differently
// later. The same holds for a failure of the server, RFC 9110 15.6.
errc refusal_by(int status) noexcept {
  const bool for_now =
      status == 408 || status == 425 || status == 429 || (status >= 500 && status < 600);
  return for_now ? errc::refused_for_now : errc::refused;
}

// RFC 9110 11.6.1: the schemes of the challenges, without their parameters.
std::string describe_challenge(const header_list& headers) {
  const std::string* const field = find_header(headers, "WWW-Authenticate");
  if (field == nullptr) return {};
  const std::string_view scheme = std::string_view(*field).substr(0, field->find_first_of(" ,"));
  return http::is_token(scheme) ? "it asks for authentication by " + escape(scheme, 40)
                                : std::string();
}

// RFC 6455 4.2.2, RFC 9110 15.5.22.
std::string describe_required_upgrade(const header_list& headers) {
  const std::string* const versions = find_header(headers, "Sec-WebSocket-Version");
  if (versions != nullptr)
    return "it speaks version " + quote(*versions, 40) + " of the protocol, not 13";
  const std::string* const upgrade = find_header(headers, "Upgrade");
  return upgrade != nullptr ? "it asks for an upgrade to " + quote(*upgrade, 40) : std::string();
}

// Returns what would help after a refusal with that status.
std::string describe_refusal(const http_head& response) {
  if (response.status == 401) return describe_challenge(response.headers);
  if (response.status == 426) return describe_required_upgrade(response.headers);
  const std::string* const location = find_header(response.headers, "Location");
  const bool moved = response.status >= 300 && response.status < 400 && location != nullptr;
  return moved ? "moved to " + display_url(*location) + ", redirects are not followed"
               : std::string();
}

verdict check_status(const http_head& response) {
  if (response.status != 101) return {refusal_by(response.status), describe_refusal(response)};
  // RFC 9110 7.8, 15.2: there is no upgrade, and no 1xx, in HTTP/1.0.
  if (response.minor_version >= 1) return {};
  return {errc::malformed_response, "the response is HTTP/1.0, which knows no upgrade"};
}

verdict judge(const http_head& response, const upgrade_request& request, std::string_view key,
              upgrade_result& out) {
  const header_list& headers = response.headers;
  if (verdict v = check_status(response); v.error != errc{}) return v;
  if (verdict v = check_upgrade(headers); v.error != errc{}) return v;
  if (verdict v = check_connection(headers); v.error != errc{}) return v;
  if (verdict v = check_accept(headers, key); v.error != errc{}) return v;
  std::string what;
  const std::string extensions = combined(headers, "Sec-WebSocket-Extensions");
  if (check_extensions(extensions, request.deflate, out.deflate, what))
    return {errc::bad_extensions_header, std::move(what)};
  return choose_subprotocol(headers, request.subprotocols, out.subprotocol);
}

}  // namespace

// The words of nginx, Apache and Go.
bool asks_for_tls(const http_head& response, std::string_view body) noexcept {
  constexpr std::array<std::string_view, 3> known{"sent to HTTPS port", "SSL-enabled server port",
                                                  "to an HTTPS server"};
  return response.status == 400 &&
         std::any_of(known.begin(), known.end(), [body](std::string_view words) {
           return body.find(words) != std::string_view::npos;
         });
}

std::error_code check_response(const http_head& response, const upgrade_request& request,
                               std::string_view key, upgrade_result& out, std::string& what) {
  upgrade_result result;
  verdict found = judge(response, request, key, result);
  if (found.error != errc{}) {
    what = std::move(found.what);
    return found.error;
  }
  out = std::move(result);
  return {};
}

}  // namespace wsx::protocol
