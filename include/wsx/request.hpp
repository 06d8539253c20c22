#pragma once

#include <wsx/header.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsx {

/// Where to connect, and what to ask for there. A URL alone converts to a request.
///
///     wsx::request{.url = "wss://example.com/feed",
///                  .headers = {{"Authorization", "Bearer ..."}},
///                  .subprotocols = {"v2.feed"}}
struct request {
  std::string url{};                        ///< ws://, wss://, http:// or https://
  header_list headers{};                    ///< extra fields; `Host` replaces the URL's authority
  std::vector<std::string> subprotocols{};  ///< in the order of preference. RFC 6455 1.9
};

namespace detail {

// What `connect` and `reconnect_to` take: a request or anything a URL can be made of.
struct request_like {
  request value;

  request_like(request r) : value(std::move(r)) {}  // NOLINT: converts by design
  template <std::convertible_to<std::string_view> Url>
  request_like(const Url& url)  // NOLINT: converts by design
      : value{.url = std::string(std::string_view(url))} {}
};

}  // namespace detail

}  // namespace wsx
