#pragma once

#include <wsx/config.hpp>

#include <wsx/tls_options.hpp>

#include <memory>
#include <string>

namespace wsx {

/// The proxy by which a connection is made; see `dial_options::proxy`. The proxy only opens a way
/// to the server: the handshake with the server, and TLS for `wss`, are as without it.
struct proxy_options {
  /// Where the proxy is; empty: there is none. `http://proxy.example:3128` is asked by the method
  /// CONNECT (RFC 9110 9.3.6), in the clear, and `https://` within TLS. `socks5://` is SOCKS 5 (RFC
  /// 1928) with the address of the server, and `socks5h://` with its name, which the proxy looks
  /// up. The port is 1080 if there is none, and 443 for `https`, as with curl. A name and password
  /// before an `@`, percent-encoded, are sent to the proxy: as Basic (RFC 7617) or by RFC 1929. No
  /// error text, log or `to_string` shows them.
  std::string url{};

  /// The hosts that are connected to without the proxy of `url`, separated by commas or spaces.
  /// `example.com` and `.example.com` are that host and all names under it; addresses are
  /// `192.0.2.1`, `2001:db8::1` or networks like `10.0.0.0/8`; with `:8443` only that port is
  /// meant (an IPv6 address then stands in brackets); `*` is every host.
  std::string no_proxy{};

  /// Whether the environment says which proxy to use, as it does to curl, if `url` is empty. It is
  /// read in each attempt to connect, which nothing may change meanwhile (see `setenv`). For `wss`:
  /// `wss_proxy`, `WSS_PROXY`, `https_proxy`, `HTTPS_PROXY`; for `ws`: `ws_proxy`, `WS_PROXY`,
  /// `http_proxy`, but not `HTTP_PROXY`, which a CGI program gets from its client; for both
  /// then `all_proxy`, `ALL_PROXY`. `no_proxy`, `NO_PROXY` lists hosts as the option `no_proxy`
  /// does. The first that is not empty counts. A URL without a scheme is one of `http`.
  bool from_environment = false;

  /// The TLS of the connection to an `https` proxy; null: the defaults. Its `share` lets attempts
  /// share what was read of the system's certificates, and resume sessions with the proxy.
  std::shared_ptr<const tls_options> tls{};

  /// `tls` counts by its options.
  friend bool operator==(const proxy_options& a, const proxy_options& b) {
    const bool same_tls = a.tls == b.tls || (a.tls && b.tls && *a.tls == *b.tls);
    return a.url == b.url && a.no_proxy == b.no_proxy && a.from_environment == b.from_environment &&
           same_tls;
  }
};

}  // namespace wsx
