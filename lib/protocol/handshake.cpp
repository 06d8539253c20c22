#include "http_syntax.hpp"

#include <wsx/error.hpp>
#include <wsx/protocol/handshake.hpp>
#include <wsx/protocol/mask.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <stdexcept>

namespace wsx::protocol {

namespace {

constexpr std::string_view accept_name = "Sec-WebSocket-Accept";
constexpr std::string_view subprotocol_name = "Sec-WebSocket-Protocol";

std::string base64(bytes_view bytes) {
  // 4 characters for each 3 bytes begun, and the NUL that OpenSSL adds.
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

// Looked up once, which takes OpenSSL as long as a digest does.
const EVP_MD* sha1() {
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> fetched(
      EVP_MD_fetch(nullptr, "SHA1", nullptr), &EVP_MD_free);
  return fetched.get();
}

bool is_host(const header& field) noexcept {
  return http::iequals(field.name, "Host");
}

bool is_visible_text(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), http::is_visible);
}

std::error_code check_url(const url& to, std::string& what) {
  const bool target_ok = is_visible_text(to.target) && to.target.starts_with('/');
  if (target_ok && is_visible_text(to.host)) return {};
  what = http::for_display(target_ok ? to.host : to.target);
  return errc::invalid_url;
}

// The handshake sets these itself, and a request without a body has no use for the last two.
bool is_reserved(std::string_view name) noexcept {
  constexpr std::string_view family = "Sec-WebSocket-";
  constexpr std::array<std::string_view, 4> names{"Upgrade", "Connection", "Content-Length",
                                                  "Transfer-Encoding"};
  return http::iequals(name.substr(0, family.size()), family) ||
         std::any_of(names.begin(), names.end(),
                     [name](std::string_view reserved) { return http::iequals(name, reserved); });
}

std::error_code check_header(const header& field) noexcept {
  if (!http::is_token(field.name) || !http::is_field_value(field.value)) {
    return errc::invalid_header;
  }
  if (is_reserved(field.name)) return errc::reserved_header;
  return {};
}

std::error_code check_headers(const header_list& headers, std::string& what) {
  for (const header& field : headers) {
    if (const auto ec = check_header(field)) {
      what = http::for_display(field.name);
      return ec;
    }
  }
  // RFC 9112 3.2: a request with two Host fields is answered with 400.
  if (std::count_if(headers.begin(), headers.end(), is_host) <= 1) return {};
  what = "Host";
  return errc::reserved_header;
}

// RFC 6455 4.1 item 10: tokens, all different.
std::error_code check_subprotocols(const std::vector<std::string>& offered, std::string& what) {
  for (auto it = offered.begin(); it != offered.end(); ++it) {
    if (http::is_token(*it) && std::find(offered.begin(), it, *it) == it) continue;
    what = http::for_display(*it);
    return errc::invalid_subprotocol;
  }
  return {};
}

void add_field(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

std::string joined(const std::vector<std::string>& list) {
  std::string result;
  for (const std::string& element : list) {
    if (!result.empty()) result += ", ";
    result += element;
  }
  return result;
}

// The values of all fields with that name, as one list. RFC 9110 5.3.
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

// RFC 6455 4.1 answer item 4. Base64 has upper and lower case: the comparison is exact.
bool accepts(const header_list& headers, std::string_view key) {
  return count_fields(headers, accept_name) == 1 &&
         http::trim_ows(*find_header(headers, accept_name)) == accept_for(key);
}

// RFC 6455 4.1 answer item 6. The server may choose none; then the field is absent (4.2.2 item 5).
bool choose_subprotocol(const header_list& headers, const std::vector<std::string>& offered,
                        std::string& chosen) {
  const std::string* value = find_header(headers, subprotocol_name);
  if (value == nullptr) return true;
  if (count_fields(headers, subprotocol_name) != 1) return false;
  const auto match = std::find(offered.begin(), offered.end(), http::trim_ows(*value));
  if (match == offered.end()) return false;
  chosen = *match;
  return true;
}

// RFC 9110 15.5.9, RFC 8470 5.2, RFC 6585 4: the same request may be answered otherwise later. So
// it may after a failure of the server's own, RFC 9110 15.6.
errc verdict_on(int status) noexcept {
  const bool for_now =
      status == 408 || status == 425 || status == 429 || (status >= 500 && status < 600);
  return for_now ? errc::refused_for_now : errc::refused;
}

}  // namespace

std::error_code check_request(const upgrade_request& request, std::string& what) {
  if (const auto ec = check_url(request.to, what)) return ec;
  if (const auto ec = check_headers(request.headers, what)) return ec;
  return check_subprotocols(request.subprotocols, what);
}

// RFC 6455 4.1 item 7: 16 random bytes. A call of the CSPRNG for them alone costs as much as one
// for many, hence where masking keys come from.
std::string make_key() {
  mask_key_source random;
  std::array<mask_key, 4> nonce;
  for (mask_key& part : nonce) part = random.next();
  return base64(std::as_bytes(std::span(nonce)));
}

std::string accept_for(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<std::byte, 20> digest{};
  if (EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
                 sha1(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL has no SHA-1");
  }
  return base64(digest);
}

std::string format_request(const upgrade_request& request, std::string_view key) {
  const std::string* host = find_header(request.headers, "Host");
  std::string head;
  head.reserve(512);
  head.append("GET ").append(request.to.target).append(" HTTP/1.1\r\n");
  add_field(head, "Host", host != nullptr ? *host : request.to.authority());
  add_field(head, "Upgrade", "websocket");
  add_field(head, "Connection", "Upgrade");
  add_field(head, "Sec-WebSocket-Key", key);
  add_field(head, "Sec-WebSocket-Version", "13");
  if (!request.subprotocols.empty()) {
    add_field(head, subprotocol_name, joined(request.subprotocols));
  }
  if (request.deflate) {
    add_field(head, "Sec-WebSocket-Extensions", format_deflate_offer(*request.deflate));
  }
  for (const header& field : request.headers) {
    if (!is_host(field)) add_field(head, field.name, field.value);
  }
  return head.append("\r\n");
}

std::error_code check_response(const http_head& response, const upgrade_request& request,
                               std::string_view key, upgrade_result& out, std::string& what) {
  const header_list& headers = response.headers;
  const auto refuse = [&what](errc error, std::string_view seen) {
    what = http::for_display(seen);
    return make_error_code(error);
  };
  if (response.status != 101) return refuse(verdict_on(response.status), response.reason);
  // RFC 9110 7.8, 15.2: there is no upgrade, and no 1xx, in HTTP/1.0.
  if (response.minor_version < 1) return refuse(errc::malformed_response, "HTTP/1.0");
  // RFC 6455 4.1 answer item 2: the value is "websocket", so it has no other element.
  const std::string upgrade = combined(headers, "Upgrade");
  if (!http::list_is(upgrade, "websocket")) return refuse(errc::bad_upgrade_header, upgrade);
  const std::string connection = combined(headers, "Connection");
  if (!http::list_has(connection, "upgrade"))
    return refuse(errc::bad_connection_header, connection);
  if (!accepts(headers, key))
    return refuse(errc::bad_accept_header, combined(headers, accept_name));
  upgrade_result result;
  const std::string extensions = combined(headers, "Sec-WebSocket-Extensions");
  if (const auto ec = check_extensions(extensions, request.deflate, result.deflate, what))
    return ec;
  if (!choose_subprotocol(headers, request.subprotocols, result.subprotocol))
    return refuse(errc::bad_subprotocol_header, combined(headers, subprotocol_name));
  out = std::move(result);
  return {};
}

}  // namespace wsx::protocol
