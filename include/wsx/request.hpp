#pragma once

#include <wsx/export.hpp>
#include <wsx/header.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsx {

/// A URL to connect to, with header fields and subprotocols. A URL alone converts to a request.
///
///     co_await client.connect(wsx::request("wss://example.com/feed")
///                                 .header("Authorization", "Bearer ...")
///                                 .subprotocol("v2.feed"));
///
/// This is not an aggregate because GCC 12 destroys temporary aggregates of a `co_await` expression
/// twice.
struct request {
  request() = default;
  request(std::string where) noexcept  // NOLINT: converts by design
      : url(std::move(where)) {}
  template <std::convertible_to<std::string_view> Url>
  requires(!std::same_as<Url, std::nullptr_t>) request(const Url& where)  // NOLINT: as above
      : url(std::string_view(where)) {}

  /// Adds a header field; a name may appear more than once.
  WSX_API request& header(std::string name, std::string value) &;
  request&& header(std::string name, std::string value) && {
    return std::move(header(std::move(name), std::move(value)));
  }

  /// Adds a subprotocol; earlier ones are preferred.
  WSX_API request& subprotocol(std::string name) &;
  request&& subprotocol(std::string name) && { return std::move(subprotocol(std::move(name))); }

  std::string url{};                        ///< ws://, wss://, http:// or https://
  header_list headers{};                    ///< extra fields; `Host` replaces the URL's authority
  std::vector<std::string> subprotocols{};  ///< in order of preference. RFC 6455 1.9

  friend bool operator==(const request&, const request&) = default;
};

}  // namespace wsx
