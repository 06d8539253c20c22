#include "../protocol/display.hpp"
#include "../protocol/http_syntax.hpp"
#include "units.hpp"

#include <wsx/connection_info.hpp>
#include <wsx/header.hpp>
#include <wsx/protocol/url.hpp>
#include <wsx/request.hpp>
#include <wsx/response_headers.hpp>
#include <wsx/to_string.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

// What is asked for, and what came of it: without the secrets in it.

namespace wsx {

namespace {

constexpr std::size_t max_shown = 32;
constexpr std::string_view hidden = "***";

template <std::size_t Size>
bool is_one_of(std::string_view name, const std::array<std::string_view, Size>& names) {
  return std::ranges::any_of(names, [name](std::string_view each) {
    return std::ranges::equal(name, each, {}, protocol::http::to_lower);
  });
}

bool is_secret(std::string_view name) {
  return is_one_of(name, std::array<std::string_view, 5>{"authorization", "proxy-authorization",
                                                         "cookie", "cookie2", "set-cookie"});
}

bool is_url(std::string_view name) {
  return is_one_of(name,
                   std::array<std::string_view, 3>{"location", "content-location", "referer"});
}

std::string shown_value(std::string_view name, std::string_view value) {
  if (is_secret(name)) return std::string(hidden);
  return is_url(name) ? protocol::display_url(value) : protocol::escape(value);
}

std::string shown_field(std::string_view name, std::string_view value) {
  return protocol::escape(name) + ": " + shown_value(name, value);
}

// "[a, b, c]"
template <class Range, class Shown>
std::string list_of(const Range& range, Shown shown) {
  std::string list;
  std::size_t count = 0;
  for (const auto& each : range) {
    if (count > 0) list += ", ";
    if (++count > max_shown) {
      list += "...";
      break;
    }
    list += shown(each);
  }
  return "[" + list + "]";
}

template <class Fields>
std::string fields_of(const Fields& fields) {
  return list_of(fields, [](const auto& each) { return shown_field(each.name, each.value); });
}

std::string quoted_list(const std::vector<std::string>& texts) {
  return list_of(texts, [](const std::string& each) { return protocol::quote(each); });
}

}  // namespace

std::string to_string(const header& field) {
  return shown_field(field.name, field.value);
}

std::string to_string(const header_list& fields) {
  return fields_of(fields);
}

std::string to_string(const response_headers& fields) {
  return fields_of(fields);
}

std::string to_string(const request& wanted) {
  const auto& [url, headers, subprotocols] = wanted;
  std::string text = url.empty() ? "no URL" : protocol::display_url(url);
  if (!headers.empty()) text += ", headers " + to_string(headers);
  if (!subprotocols.empty()) text += ", subprotocols " + quoted_list(subprotocols);
  return text;
}

std::string to_string(const url& u) {
  return protocol::display_url(u.scheme + "://" + u.authority() + u.target);
}

std::string to_string(const connection_info& info) {
  const auto& [url, status, headers, subprotocol, compressed, peer, local, attempt, deflate] = info;
  detail::members all;
  all.add("url", protocol::display_url(url)).add("status", status);
  all.add("headers", to_string(headers)).add_quoted("subprotocol", subprotocol);
  all.add("compressed", compressed).add("peer_endpoint", protocol::escape(peer));
  all.add("local_endpoint", protocol::escape(local)).add("attempt", attempt);
  all.add("deflate", deflate ? to_string(*deflate) : "none");
  return std::move(all).text();
}

}  // namespace wsx
