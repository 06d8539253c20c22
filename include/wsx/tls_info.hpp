#pragma once

#include <wsx/config.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace wsx {

/// The TLS of an open connection.
struct tls_info {
  std::string version{};  ///< "TLSv1.3"
  std::string cipher{};   ///< "TLS_AES_256_GCM_SHA384"
  std::string alpn{};     ///< the protocol that ALPN chose (RFC 7301): "http/1.1"; empty: none
  bool resumed = false;   ///< an earlier session was resumed: see `tls_options::resume`
  /// When the server's certificate expires. The connection itself does not end then.
  std::optional<std::chrono::system_clock::time_point> certificate_expiry{};
};

}  // namespace wsx
