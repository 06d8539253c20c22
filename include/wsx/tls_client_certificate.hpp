#pragma once

#include <wsx/shared_function.hpp>

#include <string>

namespace wsx {

/// What the client shows to a server that asks for a certificate (mutual TLS), with its private
/// key. It is read when the client first connects, and again only with other options: see
/// `tls_options::share`.
struct tls_client_certificate {
  // The certificate, then the intermediate ones that lead to its authority, in PEM: one of these.
  std::string chain_file{};  ///< a file
  std::string chain_pem{};   ///< in memory

  // The private key in PEM. If none of these is set, it is where the certificate is.
  std::string key_file{};  ///< a file
  std::string key_pem{};   ///< in memory

  /// Certificate and key by a URI of OpenSSL's OSSL_STORE, instead of all above:
  /// "file:/etc/feed/client.p12", or what a provider has, such as "pkcs11:...".
  std::string uri{};

  /// Returns the passphrase of a key that is encrypted. It is called once, when the key is read, on
  /// the client's strand. If it throws, the passphrase counts as wrong.
  shared_function<std::string()> passphrase{};

  friend bool operator==(const tls_client_certificate&, const tls_client_certificate&) = default;
};

}  // namespace wsx
