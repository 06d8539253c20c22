#pragma once

#include <wsx/export.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace wsx {

/// A WebSocket URL taken apart. RFC 6455 3, RFC 3986.
struct url {
  std::string scheme;      ///< lower case: "ws" or "wss"
  std::string host;        ///< a name, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 0;  ///< explicit, or the scheme's default (80, 443); never 0 once parsed
  std::string target;      ///< path and query, at least "/": what goes into the request line
  bool host_is_ipv6 = false;
  bool host_is_ip = false;  ///< an IPv4 or IPv6 address, not a name

  bool secure() const noexcept { return scheme == "wss"; }

  /// The value of the `Host` header: an IPv6 address in brackets, the port if it is not the
  /// scheme's default. RFC 6455 4.1, RFC 9110 7.2.
  WSX_API std::string authority() const;

  /// The same, but always with the port: "example.com:443", "[2001:db8::1]:443". For messages.
  WSX_API std::string host_and_port() const;
};

/// Takes `text` apart; at fault it leaves `out` as it was. Errors: `errc::invalid_url` (no absolute
/// URL, over 8 KiB, no host or a malformed one, a port that is not 1 to 65535, a fragment or user
/// part), `errc::unsupported_scheme` (neither ws nor wss). `http` and `https` are taken as `ws` and
/// `wss`, as the WHATWG's WebSocket constructor does. The host is lower-cased; it is a name of
/// letters, digits, "-", "_" and ".", or an IP address in its usual form, an IPv6 address without
/// a zone. What RFC 3986 does not allow as it is (spaces, non-ASCII) must be percent-encoded.
WSX_API std::error_code parse_url(std::string_view text, url& out);

/// The same; at fault `what` gets which rule `text` breaks, as a phrase for people: "the scheme is
/// missing: write ws://localhost:7802/". It has no user information and no query of the URL.
WSX_API std::error_code parse_url(std::string_view text, url& out, std::string& what);

}  // namespace wsx
