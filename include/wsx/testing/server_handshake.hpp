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
  std::string raw;  ///< the whole head as it came, with its empty line

  /// The value of the first header of that name, in any case, or nullptr.
  const std::string* find(std::string_view name) const noexcept;
};

/// The longest request head that `parse_request` waits for.
inline constexpr std::size_t max_request_head = 65536;

/// Takes a request head off `bytes`; without a value, and `bytes` untouched, if it is not whole.
/// Throws `script_error` if it is not HTTP or too long.
std::optional<http_request> parse_request(std::string_view& bytes);

/// Throws `script_error`, which names the header at fault, unless the request is an opening
/// handshake as RFC 6455 4.1 wants it from a client.
void check_upgrade_request(const http_request& request);

/// The `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key`. RFC 6455 4.2.2.
std::string accept_key(std::string_view key);

/// What a server adds to its 101 response.
struct accept_options {
  std::string subprotocol{};  ///< `Sec-WebSocket-Protocol`, if not empty
  header_list headers{};      ///< any others, as they are
};

/// The 101 response to `request`.
std::string make_accept_response(const http_request& request, const accept_options& options = {});

}  // namespace wsx::testing
