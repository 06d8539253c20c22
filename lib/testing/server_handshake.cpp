#include <wsx/testing/script_error.hpp>
#include <wsx/testing/server_handshake.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace wsx::testing {
namespace {

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

std::string_view trim(std::string_view s) {
  const auto begin = s.find_first_not_of(" \t");
  if (begin == s.npos) return {};
  return s.substr(begin, s.find_last_not_of(" \t") - begin + 1);
}

// Removes the bytes up to and including `end` from `s`, or all of `s` if `end` is not in it.
// Returns those before `end`.
std::string_view take_until(std::string_view& s, std::string_view end) {
  const auto at = s.find(end);
  const auto part = s.substr(0, at);
  s.remove_prefix(at == s.npos ? s.size() : at + end.size());
  return part;
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    if (equal_ignoring_case(trim(take_until(list, ",")), token)) return true;
  }
  return false;
}

header parse_header(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == 0 || colon == line.npos || line.substr(0, colon).find_first_of(" \t") != line.npos) {
    throw script_error("the client sent a header line that is none: " + std::string{line});
  }
  return {std::string{line.substr(0, colon)}, std::string{trim(line.substr(colon + 1))}};
}

void parse_request_line(http_request& request, std::string_view line) {
  const std::string whole{line};
  request.method = take_until(line, " ");
  request.target = take_until(line, " ");
  request.version = line;
  if (request.method.empty() || request.target.empty() || !request.version.starts_with("HTTP/")) {
    throw script_error("the client sent no HTTP request line: " + whole);
  }
}

const std::string& required(const http_request& request, std::string_view name) {
  const auto count =
      std::count_if(request.headers.begin(), request.headers.end(),
                    [name](const header& field) { return equal_ignoring_case(field.name, name); });
  if (count != 1) {
    throw script_error("the request has " + std::to_string(count) + " headers " +
                       std::string{name} + " instead of one");
  }
  return *request.find(name);
}

void require(bool holds, const std::string& rule, const std::string& seen) {
  if (!holds) throw script_error(rule + ", but the request has " + seen);
}

// RFC 6455 4.1: "a randomly selected 16-byte value that has been base64-encoded".
bool is_base64_of_16_bytes(const std::string& key) {
  if (key.size() != 24 || !key.ends_with("==") || key[21] == '=') return false;
  std::array<unsigned char, 18> decoded{};
  return EVP_DecodeBlock(decoded.data(), reinterpret_cast<const unsigned char*>(key.data()),
                         static_cast<int>(key.size())) == 18;
}

}  // namespace

const std::string* http_request::find(std::string_view name) const noexcept {
  for (const auto& field : headers) {
    if (equal_ignoring_case(field.name, name)) return &field.value;
  }
  return nullptr;
}

std::optional<http_request> parse_request(std::string_view& bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (std::min(end, bytes.size()) > max_request_head) {
    throw script_error("the client sent a request head of more than " +
                       std::to_string(max_request_head) + " bytes");
  }
  if (end == bytes.npos) return std::nullopt;
  http_request request;
  request.raw = bytes.substr(0, end + 4);
  auto lines = bytes.substr(0, end);
  parse_request_line(request, take_until(lines, "\r\n"));
  while (!lines.empty()) request.headers.push_back(parse_header(take_until(lines, "\r\n")));
  bytes.remove_prefix(end + 4);
  return request;
}

void check_upgrade_request(const http_request& request) {
  require(request.method == "GET", "the method must be GET", request.method);
  require(request.version == "HTTP/1.1", "the version must be HTTP/1.1", request.version);
  require(request.target.starts_with('/'), "the target must be a path", request.target);
  required(request, "Host");
  const auto& upgrade = required(request, "Upgrade");
  require(has_token(upgrade, "websocket"), "Upgrade must be websocket", upgrade);
  const auto& connection = required(request, "Connection");
  require(has_token(connection, "upgrade"), "Connection must have Upgrade", connection);
  const auto& version = required(request, "Sec-WebSocket-Version");
  require(version == "13", "Sec-WebSocket-Version must be 13", version);
  const auto& key = required(request, "Sec-WebSocket-Key");
  require(is_base64_of_16_bytes(key), "Sec-WebSocket-Key must be 16 bytes in Base64", key);
}

std::string accept_key(std::string_view key) {
  // RFC 6455 1.3: the key followed by this GUID, hashed with SHA-1 and encoded in Base64.
  const auto salted = std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, 20> digest{};
  std::array<unsigned char, 29> base64{};
  if (EVP_Digest(salted.data(), salted.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1) {
    throw script_error("SHA-1 is not to be had from OpenSSL");
  }
  EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
  return reinterpret_cast<const char*>(base64.data());
}

std::string make_accept_response(const http_request& request, const accept_options& options) {
  std::string response =
      "HTTP/1.1 101 Switching Protocols\r\n"
      "Upgrade: websocket\r\n"
      "Connection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      accept_key(required(request, "Sec-WebSocket-Key")) + "\r\n";
  if (!options.subprotocol.empty()) {
    response += "Sec-WebSocket-Protocol: " + options.subprotocol + "\r\n";
  }
  for (const header& each : options.headers) {
    response.append(each.name).append(": ").append(each.value).append("\r\n");
  }
  return response + "\r\n";
}

}  // namespace wsx::testing
