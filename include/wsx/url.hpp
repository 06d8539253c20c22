#pragma once

#include <wsx/export.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace wsx {

/// A WebSocket URL in its parts. RFC 6455 3, RFC 3986.
struct url {
  std::string scheme;      ///< lower case: "ws", "wss" or "ws+unix"
  std::string host;        ///< a name, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 0;  ///< explicit, or the scheme's default (80, 443); never 0 once parsed
  std::string target;      ///< path and query, at least "/": the target of the request line
  bool host_is_ipv6 = false;
  bool host_is_ip = false;  ///< an IPv4 or IPv6 address, not a name
  std::string zone;         ///< of a link-local IPv6 address: "eth0". RFC 4007 11
  /// Of a unix-domain socket, decoded: "/run/app.sock", "@name" if it is abstract; otherwise empty.
  /// The host is then "localhost", for the `Host` header.
  std::string socket_path;
  std::string user_info;  ///< "name:password", decoded; empty if there is none. A secret

  bool secure() const noexcept { return scheme == "wss"; }

  /// Returns the value of the `Host` header: an IPv6 address in brackets, and the port unless it is
  /// the scheme's default. RFC 6455 4.1, RFC 9110 7.2.
  WSX_API std::string authority() const;

  /// Returns the host and the port, for messages: "example.com:443", "[2001:db8::1]:443"; or
  /// "unix:/run/app.sock".
  WSX_API std::string host_and_port() const;

  /// Returns the URL without its user information.
  WSX_API std::string without_user_info() const;
};

/// Parses `text`; on failure `out` is unchanged. `http` and `https` are accepted for `ws` and
/// `wss`, as by the WHATWG's WebSocket constructor.
///
/// The host is converted to lower case. It is a name of letters, digits, "-", "_" and ".", or an IP
/// address in its usual form. An IPv6 address may have a zone: `[fe80::1%eth0]`, or `%25eth0` as in
/// RFC 6874. A name with other letters ("bücher.example") is converted to A-labels, if wsx was
/// built with libidn2.
///
/// Spaces around the URL are ignored. In the path and query, what a URL can't contain (spaces,
/// quotes, letters that are not ASCII) is percent-encoded in UTF-8, as by the WHATWG's URL
/// standard. A "%" is left as it is, and so are "." and ".." in a path.
///
/// The URL of a unix-domain socket has the socket's path, and behind a ":" the path and query for
/// the server, if these are not "/": `ws+unix:///run/app.sock:/feed?a=b`. The "//" may be left out.
/// In the socket's path, ":", "?", "#" and "%" must be percent-encoded: `%3A`, `%3F`, `%23`, `%25`;
/// a control character can't be part of it. Linux's abstract sockets are `ws+unix:@name:/feed`.
///
/// Errors: `errc::unsupported_scheme` (neither ws, wss nor ws+unix), and `errc::invalid_url`: not
/// an absolute URL, over 8 KiB, without a host or with a malformed one, with a port that is not 1
/// to 65535, with a fragment, a control character or bytes that are not UTF-8; of a socket without
/// a path, or one that is relative or longer than the system allows (107 bytes on Linux).
WSX_API std::error_code parse_url(std::string_view text, url& out);

/// Parses `text`; on failure `what` is set to a phrase for people that names the broken rule: "the
/// scheme is missing: write ws://localhost:7802/". It contains no user information and no query of
/// the URL.
WSX_API std::error_code parse_url(std::string_view text, url& out, std::string& what);

}  // namespace wsx
