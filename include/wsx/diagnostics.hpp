#pragma once

#include <wsx/response_headers.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace wsx {

/// How far an attempt to connect got.
enum class connect_stage {
  checking,    ///< the URL, the request and the options; nothing has been sent
  preparing,   ///< `dial_options::prepare`
  resolving,   ///< the host's name
  connecting,  ///< the addresses of the host, or of the proxy, or a unix-domain socket
  proxy,       ///< the proxy is asked for a way to the host
  tls,         ///< the TLS handshake
  handshake,   ///< the opening handshake. RFC 6455 4.1
  open,        ///< the connection was open
};

/// An address that could not be connected to. One that had not answered by the end of the attempt
/// has `asio::error::timed_out`.
struct tried_address {
  std::string endpoint{};   ///< "192.0.2.1:443", "[2001:db8::1]:443", "unix:/run/app.sock"
  std::error_code error{};  ///< of the system
  std::string option{};     ///< the option that could not be set: "dial.socket.interface_name"

  friend bool operator==(const tried_address&, const tried_address&) = default;
};

/// Details of a failure beyond its error code. `message`, `detail` and the fields about a
/// certificate are written for people. Data from the server is escaped in them, and they never
/// contain user information or the values of query parameters of a URL. The `http_` fields have the
/// server's data unchanged.
struct diagnostics {
  std::string
      message{};  ///< one sentence: what was being done, with which host, and what went wrong
  std::string detail{};  ///< what was wrong: an option, a header, a line of the response, a file

  connect_stage stage = connect_stage::checking;
  /// The host and port: "example.com:443", "unix:/run/app.sock". Empty: not known yet.
  std::string host{};
  std::string proxy{};        ///< the proxy's host and port; empty: it was not tried by one
  std::size_t redirects = 0;  ///< how many were followed; `host` is where the last one led
  /// The addresses that could not be connected to, in the order in which they were tried; at
  /// most 16.
  std::vector<tried_address> tried{};

  // A handshake that the server refused.
  int http_status = 0;        ///< 0: no response head came
  std::string http_reason{};  ///< "Unauthorized"
  response_headers http_headers{};
  std::string http_body{};  ///< at most the first 4 KiB

  /// How long the server asks clients to wait before the next attempt: `Retry-After`, RFC 9110
  /// 10.2.3. `backoff` honors it.
  std::optional<std::chrono::seconds> retry_after{};

  // A certificate that was refused.
  int certificate_error = 0;          ///< OpenSSL's X509_V_ERR_ value; 0: none
  int certificate_depth = 0;          ///< 0: the server's own, above: its issuers
  std::string certificate_subject{};  ///< the subject of the refused certificate
  std::string certificate_wanted{};   ///< the name that the certificate had to be for
  std::vector<std::string>
      certificate_names{};  ///< the names that the certificate is for, at most 16
};

}  // namespace wsx
