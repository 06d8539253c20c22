#pragma once

#include <wsx/deflate_options.hpp>
#include <wsx/export.hpp>
#include <wsx/header.hpp>
#include <wsx/protocol/deflate_offer.hpp>
#include <wsx/protocol/http_head.hpp>
#include <wsx/url.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace wsx::protocol {

/// A client's opening handshake, without I/O. RFC 6455 4.1.

/// The client's request.
struct upgrade_request {
  url to;
  header_list headers;                       ///< extra fields; `Host` replaces the URL's
  std::string cookies{};                     ///< sent behind those of the `Cookie` field
  std::vector<std::string> subprotocols;     ///< in order of preference
  std::optional<deflate_options> deflate{};  ///< the offer, if any
};

/// What the server granted.
struct upgrade_result {
  std::string subprotocol;  ///< empty: none
  std::optional<deflate_agreement> deflate{};
};

/// Checks the user's request before anything is sent. `what` is set to what is wrong, as a phrase
/// for people: `the value of header "X-Test" has a line feed at character 7`. It never contains the
/// value of a field, which may be a secret.
///
/// Errors: `errc::invalid_url` (`to` was not made by `parse_url`: its host or target would break
/// the request line or `Host`), `errc::invalid_header` (an empty or malformed name, or a control
/// character such as CR, LF or NUL in a value), `errc::reserved_header` (`Sec-WebSocket-*`,
/// `Upgrade`, `Connection`, `Content-Length`, `Transfer-Encoding`, or `Host` twice),
/// `errc::invalid_subprotocol` (not a token, or a duplicate).
WSX_API std::error_code check_request(const upgrade_request& request, std::string& what);

/// Makes a `Sec-WebSocket-Key`: 16 bytes of the system's CSPRNG in Base64. RFC 6455 4.1 item 7.
/// Throws `std::runtime_error` if OpenSSL has no random bytes.
WSX_API std::string make_key();

/// Returns the `Sec-WebSocket-Accept` for `key`. RFC 6455 4.2.2 item 5. Throws `std::runtime_error`
/// if OpenSSL was configured without SHA-1.
WSX_API std::string accept_for(std::string_view key);

/// Returns the request head to send, with its empty line. `request` has passed `check_request`.
WSX_API std::string format_request(const upgrade_request& request, std::string_view key);

/// Checks the server's response. RFC 6455 4.1 "Once the client's opening handshake has been sent".
/// A field that may appear several times is checked as one list. `request` has passed
/// `check_request`.
///
/// Errors: `errc::refused`, `errc::refused_for_now`, `errc::bad_upgrade_header`,
/// `errc::bad_connection_header`, `errc::bad_accept_header`, `errc::bad_subprotocol_header`,
/// `errc::bad_extensions_header`, `errc::malformed_response` (101 in HTTP/1.0). `what` is set to
/// what is wrong, as a phrase for people: `Connection is "close", not Upgrade`. For a refusal by
/// status it says what would help: the new location, or the authentication or version that the
/// server asks for. It is empty if the response has none of these.
WSX_API std::error_code check_response(const http_head& response, const upgrade_request& request,
                                       std::string_view key, upgrade_result& out,
                                       std::string& what);

/// Returns whether the body of a refusal says that the server speaks TLS on this port, in the words
/// of common servers.
WSX_API bool asks_for_tls(const http_head& response, std::string_view body) noexcept;

}  // namespace wsx::protocol
