#include "percent_encoding.hpp"

#include "display.hpp"
#include "http_syntax.hpp"

#include <wsx/bytes.hpp>
#include <wsx/protocol/utf8.hpp>

#include <algorithm>
#include <optional>

namespace wsx::protocol {

namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// The query percent-encode set of a special scheme, and the path percent-encode set.
bool needs_encoding(char c, bool in_query) noexcept {
  if (!http::is_visible(c)) return true;
  return std::string_view(in_query ? "\"#<>'" : "\"#<>?^`{}").find(c) != std::string_view::npos;
}

void append_encoded(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += hex_digits[byte >> 4];
  out += hex_digits[byte & 0xf];
}

std::optional<unsigned> value_of(char c) noexcept {
  if (http::is_digit(c)) return static_cast<unsigned>(c - '0');
  const char lower = http::to_lower(c);
  if (lower < 'a' || lower > 'f') return std::nullopt;
  return static_cast<unsigned>(lower - 'a') + 10;
}

}  // namespace

std::string encode_target(std::string_view path_and_query) {
  std::string out;
  out.reserve(path_and_query.size() + 1);
  if (!path_and_query.starts_with('/') && !path_and_query.starts_with('\\')) out += '/';
  bool in_query = false;
  for (const char c : path_and_query) {
    const bool begins_query = c == '?' && !in_query;
    if (begins_query) in_query = true;
    if (begins_query || !needs_encoding(c, in_query)) {
      out += c == '\\' && !in_query ? '/' : c;
    } else {
      append_encoded(out, c);
    }
  }
  return out;
}

std::string encode_socket_path(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c == ':' || c == '%' || c == '\\' || needs_encoding(c, false)) {
      append_encoded(out, c);
    } else {
      out += c;
    }
  }
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool encoded = text[i] == '%' && i + 2 < text.size();
    const auto high = encoded ? value_of(text[i + 1]) : std::nullopt;
    const auto low = encoded ? value_of(text[i + 2]) : std::nullopt;
    if (high && low) {
      out += static_cast<char>(*high * 16 + *low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string fault_in(std::string_view text, std::size_t begin) {
  const auto where = [begin](std::size_t i) {
    return " at character " + std::to_string(begin + i + 1);
  };
  const auto control = std::find_if(text.begin(), text.end(), is_control);
  if (control != text.end())
    return name_of(*control) + where(static_cast<std::size_t>(control - text.begin()));
  if (is_utf8(as_bytes(text))) return {};
  utf8_validator valid;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!valid.feed(as_bytes(text.substr(i, 1)))) return name_of(text[i]) + where(i);
  }
  return name_of(text.back()) + where(text.size() - 1);  // a character that is cut
}

}  // namespace wsx::protocol
