#pragma once

#include "http_syntax.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace wsx::protocol {

/// RFC 1123 2.1, and underscores, which some names have nevertheless. The resolver checks the
/// length of labels.
constexpr bool is_host_label(std::string_view s) noexcept {
  const auto allowed = [](char c) {
    return http::is_alpha(c) || http::is_digit(c) || c == '-' || c == '_';
  };
  return !s.empty() && std::all_of(s.begin(), s.end(), allowed);
}

/// Returns whether `s` consists of labels separated by dots, with an optional dot at the end.
/// Stricter than RFC 3986 3.2.2, which also allows empty labels, percent-encoding and punctuation.
constexpr bool is_host_name(std::string_view s) noexcept {
  if (s.ends_with('.')) s.remove_suffix(1);
  for (;;) {
    const std::size_t dot = s.find('.');
    if (!is_host_label(s.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    s.remove_prefix(dot + 1);
  }
}

}  // namespace wsx::protocol
