#pragma once

#include <string>

namespace wsx {

/// How a `wss` connection trusts its server. TLS 1.2 is the least that is spoken.
struct tls_options {
  /// Whether the server's certificate must be valid and be made for the host (RFC 9525). False is
  /// for tests only: anybody can then pose as the server.
  bool verify = true;

  // Whose certificates are trusted. With none of these the system's store is; with any, only they.
  std::string ca_file{};  ///< a file of certificates in PEM
  std::string ca_path{};  ///< a directory of certificates, hashed as OpenSSL's `rehash` does
  std::string ca_pem{};   ///< certificates in PEM, in memory

  /// The name that is asked for (SNI) and that the certificate must bear, if not the URL's host. An
  /// IP address must be in the certificate as one, and is not asked for.
  std::string server_name{};
};

}  // namespace wsx
