#pragma once

#include <algorithm>
#include <string_view>

// The parts of HTTP's grammar that the handshake needs. They handle ASCII, independent of the
// locale.
namespace wsx::protocol::http {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_alpha(char c) noexcept {
  return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

/// Returns whether `c` is a printable ASCII character, except for space: VCHAR of RFC 5234.
constexpr bool is_visible(char c) noexcept {
  return c > ' ' && c <= '~';
}

/// RFC 3986 3.1: the characters of a scheme.
constexpr bool is_scheme_char(char c) noexcept {
  return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
}

/// RFC 9110 5.6.2: tchar.
constexpr bool is_token_char(char c) noexcept {
  return is_digit(c) || is_alpha(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

/// RFC 9110 5.5: the characters of a field value, including bytes above 127 (obs-text).
constexpr bool is_field_char(char c) noexcept {
  return is_visible(c) || c == ' ' || c == '\t' || static_cast<unsigned char>(c) >= 0x80;
}

constexpr bool is_token(std::string_view s) noexcept {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return is_token_char(c); });
}

constexpr bool is_field_value(std::string_view s) noexcept {
  return std::all_of(s.begin(), s.end(), [](char c) { return is_field_char(c); });
}

/// Compares without regard to the case of ASCII letters.
constexpr bool iequals(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

/// RFC 9110 5.6.3: removes the optional whitespace around the text.
constexpr std::string_view trim_ows(std::string_view s) noexcept {
  constexpr std::string_view whitespace = " \t";
  const auto first = s.find_first_not_of(whitespace);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(whitespace) - first + 1);
}

/// RFC 9110 5.6.1: removes the next element from a list of tokens and returns it. Empty elements
/// are ignored, so an empty result means the end.
constexpr std::string_view next_element(std::string_view& list) noexcept {
  std::string_view element;
  while (element.empty() && !list.empty()) {
    const auto length = std::min(list.find(','), list.size());
    element = trim_ows(list.substr(0, length));
    list.remove_prefix(std::min(length + 1, list.size()));
  }
  return element;
}

/// Returns whether a list of tokens contains `token`, in any case.
constexpr bool list_has(std::string_view list, std::string_view token) noexcept {
  for (auto element = next_element(list); !element.empty(); element = next_element(list)) {
    if (iequals(element, token)) return true;
  }
  return false;
}

/// Returns whether `token`, in any case, is the only element of a list of tokens.
constexpr bool list_is(std::string_view list, std::string_view token) noexcept {
  return iequals(next_element(list), token) && next_element(list).empty();
}

}  // namespace wsx::protocol::http
