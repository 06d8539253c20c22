#pragma once

#include <wsx/export.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace wsx {

class tls_share;

/// How the server of a `wss` connection is authenticated. TLS 1.2 is the minimum version.
struct tls_options {
  tls_options() = default;

  /// Sets one option and returns all of them:
  ///
  ///     wsx::tls_options().set(&wsx::tls_options::ca_file, "/etc/feed/ca.pem")
  ///
  /// This is not an aggregate; see `request`.
  template <class Option>
  tls_options& set(Option tls_options::*option, std::type_identity_t<Option> value) & {
    this->*option = std::move(value);
    return *this;
  }
  template <class Option>
  tls_options&& set(Option tls_options::*option, std::type_identity_t<Option> value) && {
    return std::move(set(option, std::move(value)));
  }

  /// Whether the server's certificate must be valid and issued for the host (RFC 9525). False is
  /// for tests only, since anyone can then pose as the server.
  bool verify = true;

  // Trusted certificates. If none of these is set, the system's store is used; otherwise it is not.
  std::string ca_file{};  ///< a file of certificates in PEM
  std::string ca_path{};  ///< a directory of certificates, hashed as OpenSSL's `rehash` does
  std::string ca_pem{};   ///< certificates in PEM, in memory
  std::vector<std::string> ca_der{};  ///< certificates in DER, in memory: one per element

  /// The name that is sent as SNI and that the certificate must be for, if it differs from the
  /// URL's host. An IP address must appear in the certificate as such, and is not sent.
  std::string server_name{};

  /// Made by `make_tls_share`. Clients with the same share, on any threads, resume each other's TLS
  /// sessions and read the trusted certificates only once. Without a share, a client resumes its
  /// own sessions. Clients whose trust settings differ share nothing.
  std::shared_ptr<tls_share> share{};

  /// Whether to resume TLS sessions of earlier connections to the same host and port. If the TLS
  /// handshake fails when a session is offered, it is retried at once without one. If that
  /// succeeds, the server is offered no sessions any more; the client or its share remembers 256
  /// such servers.
  bool resume = true;

  friend bool operator==(const tls_options&, const tls_options&) = default;
};

/// State that several clients share; see `tls_options::share`. It keeps the certificates that its
/// first client read. If they have changed, make a new share.
WSX_API std::shared_ptr<tls_share> make_tls_share();

}  // namespace wsx
