#pragma once

#include <wsx/header.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace wsx::testing {

/// The head of an HTTP request.
struct http_request {
  std::string method;
  std::string target;
  std::string version;  ///< `HTTP/1.1`
  header_list headers;
  std::string raw;  ///< the whole head as received, including the empty line

  /// Returns the value of the first header with that name (in any case), or nullptr.
  const std::string* find(std::string_view name) const noexcept;
};

/// The longest request head that `parse_request` accepts.
inline constexpr std::size_t max_request_head = 65536;

/// Removes a request head from `bytes` and returns it; if it is incomplete, returns nothing and
/// leaves `bytes` unchanged. Throws `script_error` if it is not HTTP or too long.
std::optional<http_request> parse_request(std::string_view& bytes);

/// Throws `script_error`, which names the wrong header, unless the request is a client's opening
/// handshake according to RFC 6455 4.1.
void check_upgrade_request(const http_request& request);

/// Returns the `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key`. RFC 6455 4.2.2.
std::string accept_key(std::string_view key);

/// Additions to a server's 101 response.
struct accept_options {
  std::string subprotocol{};  ///< `Sec-WebSocket-Protocol`, if not empty
  header_list headers{};      ///< other headers, unchanged
};

/// Makes the 101 response to `request`.
std::string make_accept_response(const http_request& request, const accept_options& options = {});

}  // namespace wsx::testing
