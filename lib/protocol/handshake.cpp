#include "base64.hpp"
#include "handshake_fields.hpp"
#include "http_syntax.hpp"

#include <wsx/protocol/handshake.hpp>
#include <wsx/protocol/mask.hpp>
#include <wsx/version.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <stdexcept>

namespace wsx::protocol {

namespace {

// Cached, since the lookup takes OpenSSL as long as a digest.
const EVP_MD* sha1() {
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> fetched(
      EVP_MD_fetch(nullptr, "SHA1", nullptr), &EVP_MD_free);
  return fetched.get();
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

}  // namespace

const std::string& default_user_agent() {
  static const std::string text = "wsx/" + std::to_string(version::major) + "." +
                                  std::to_string(version::minor) + "." +
                                  std::to_string(version::patch);
  return text;
}

// RFC 6455 4.1 item 7: 16 random bytes. A call of the CSPRNG costs as much for them alone as for
// many, so they are taken from the block of masking keys.
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
  if (find_header(request.headers, user_agent_name) == nullptr)
    add_field(head, user_agent_name, default_user_agent());
  std::string_view cookies = request.cookies;
  for (const header& field : request.headers) {
    if (is_host(field) || is_absent_user_agent(field)) continue;
    const bool joins = is_cookie_field(field) && !cookies.empty();
    add_field(head, field.name, joins ? field.value + "; " + request.cookies : field.value);
    if (joins) cookies = {};
  }
  if (!cookies.empty()) add_field(head, "Cookie", cookies);
  return head.append("\r\n");
}

}  // namespace wsx::protocol
