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

  /// Adds a header field whose value is a secret: it is not shown, and a redirect does not take it
  /// to another scheme, host or port. `Authorization` and `Cookie` are always secret.
  WSX_API request& secret_header(std::string name, std::string value) &;
  request&& secret_header(std::string name, std::string value) && {
    return std::move(secret_header(std::move(name), std::move(value)));
  }

  /// Sets the `Authorization` for a name and password (RFC 7617), in UTF-8. So does a URL with
  /// them: `wss://name:password@example.com/`. Throws `system_error` with `errc::invalid_header` if
  /// the name has a colon, or either has a control character.
  WSX_API request& basic_auth(std::string_view name, std::string_view password) &;
  request&& basic_auth(std::string_view name, std::string_view password) && {
    return std::move(basic_auth(name, password));
  }

  /// Sets the `Authorization` for a token. RFC 6750 2.1.
  WSX_API request& bearer_token(std::string_view token) &;
  request&& bearer_token(std::string_view token) && { return std::move(bearer_token(token)); }

  /// Sets the `Origin`, as a browser does: "https://example.com". For servers that only accept
  /// pages of their own. RFC 6455 10.2.
  WSX_API request& origin(std::string value) &;
  request&& origin(std::string value) && { return std::move(origin(std::move(value))); }

  /// Adds a subprotocol; earlier ones are preferred.
  WSX_API request& subprotocol(std::string name) &;
  request&& subprotocol(std::string name) && { return std::move(subprotocol(std::move(name))); }

  std::string url{};  ///< ws://, wss://, http://, https:// or ws+unix://
  /// Extra fields. `Host` replaces the URL's authority, `Authorization` its user information, and
  /// `User-Agent` the one of wsx; an empty `User-Agent` is not sent.
  header_list headers{};
  std::vector<std::string> subprotocols{};  ///< in order of preference. RFC 6455 1.9

  friend bool operator==(const request&, const request&) = default;
};

}  // namespace wsx
