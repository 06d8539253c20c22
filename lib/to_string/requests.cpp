#include "../protocol/display.hpp"
#include "../protocol/http_syntax.hpp"
#include "units.hpp"

#include <wsx/connection_info.hpp>
#include <wsx/header.hpp>
#include <wsx/request.hpp>
#include <wsx/response_headers.hpp>
#include <wsx/to_string.hpp>
#include <wsx/url.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

// Requests and their results, without the secrets in them.

namespace wsx {

namespace {

constexpr std::size_t max_shown = 32;

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

std::string quoted_list(const std::vector<std::string>& texts) {
  return list_of(texts, [](const std::string& each) { return protocol::quote(each); });
}

}  // namespace

std::string to_string(const header& field) {
  return field.secret ? protocol::escape(field.name) + ": ***"
                      : protocol::display_field(field.name, field.value);
}

std::string to_string(const header_list& fields) {
  return list_of(fields, [](const header& each) { return to_string(each); });
}

std::string to_string(const response_headers& fields) {
  return list_of(fields,
                 [](const auto& each) { return protocol::display_field(each.name, each.value); });
}

std::string to_string(const request& wanted) {
  const auto& [url, headers, subprotocols] = wanted;
  std::string text = url.empty() ? "no URL" : protocol::display_url(url);
  if (!headers.empty()) text += ", headers " + to_string(headers);
  if (!subprotocols.empty()) text += ", subprotocols " + quoted_list(subprotocols);
  return text;
}

std::string to_string(const url& u) {
  return protocol::display_url(u.without_user_info());
}

std::string to_string(const connection_info& info) {
  const auto& [url, status, headers, subprotocol, compressed, peer, local, attempt, number,
               deflate] = info;
  detail::members all;
  all.add("url", protocol::display_url(url)).add("status", status);
  all.add("headers", to_string(headers)).add_quoted("subprotocol", subprotocol);
  all.add("compressed", compressed).add("peer_endpoint", protocol::escape(peer));
  all.add("local_endpoint", protocol::escape(local)).add("attempt", attempt);
  all.add("number", number).add("deflate", deflate ? to_string(*deflate) : "none");
  return std::move(all).text();
}

}  // namespace wsx
