#pragma once

#include <wsx/export.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace wsx {

class tls_share;

/// How a `wss` connection trusts its server. TLS 1.2 is the least that is spoken.
struct tls_options {
  tls_options() = default;

  /// Sets one option, and returns all of them:
  ///
  ///     wsx::tls_options().set(&wsx::tls_options::ca_file, "/etc/feed/ca.pem")
  ///
  /// Not an aggregate: see `request`.
  template <class Option>
  tls_options& set(Option tls_options::*option, std::type_identity_t<Option> value) & {
    this->*option = std::move(value);
    return *this;
  }
  template <class Option>
  tls_options&& set(Option tls_options::*option, std::type_identity_t<Option> value) && {
    return std::move(set(option, std::move(value)));
  }

  /// Whether the server's certificate must be valid and be made for the host (RFC 9525). False is
  /// for tests only: anybody can then pose as the server.
  bool verify = true;

  // Whose certificates are trusted. With none of these the system's store is; with any, only they.
  std::string ca_file{};  ///< a file of certificates in PEM
  std::string ca_path{};  ///< a directory of certificates, hashed as OpenSSL's `rehash` does
  std::string ca_pem{};   ///< certificates in PEM, in memory
  std::vector<std::string> ca_der{};  ///< certificates in DER, in memory: one in each

  /// The name that is asked for (SNI) and that the certificate must bear, if not the URL's host. An
  /// IP address must be in the certificate as one, and is not asked for.
  std::string server_name{};

  /// Of `make_tls_share`. A client resumes its own TLS sessions without one, too; clients with the
  /// same share, on whatever threads, resume each other's, and read the trusted certificates only
  /// once. Those that trust in different ways share nothing.
  std::shared_ptr<tls_share> share{};

  /// Whether to resume TLS sessions of earlier connections to the same host and port. A server that
  /// answers that by failing the TLS handshake is at once asked again without a session. If that
  /// works, it is offered none any more; the client or its share remembers 256 such servers.
  bool resume = true;

  friend bool operator==(const tls_options&, const tls_options&) = default;
};

/// What clients may share, see `tls_options::share`. It keeps the certificates that its first
/// client read: after they have changed, make a new one.
WSX_API std::shared_ptr<tls_share> make_tls_share();

}  // namespace wsx
