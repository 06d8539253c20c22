#pragma once

#include <wsx/export.hpp>
#include <wsx/shared_function.hpp>
#include <wsx/tls_client_certificate.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// OpenSSL's `SSL_CTX`, whose headers this one does not include.
struct ssl_ctx_st;

namespace wsx {

class tls_share;

enum class tls_version { tls_1_2, tls_1_3 };

/// The TLS of a `wss` connection: how the server is authenticated, and the client to it.
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
  /// for tests only, since anyone can then pose as the server. It is reported to the log sink.
  bool verify = true;

  // Trusted certificates. If none of these is set, the system's store is used; otherwise it is not.
  std::string ca_file{};  ///< a file of certificates in PEM
  std::string ca_path{};  ///< a directory of certificates, hashed as OpenSSL's `rehash` does
  std::string ca_pem{};   ///< certificates in PEM, in memory
  std::vector<std::string> ca_der{};  ///< certificates in DER, in memory: one per element

  /// Whether a trusted certificate need not be an authority's own one: an intermediate one, or the
  /// server's, is enough.
  bool partial_chain = false;

  /// If not empty, the chain of verified certificates must contain one of these keys, too; without
  /// `verify` the server's certificate must have one. Each is the SHA-256 of a certificate's
  /// SubjectPublicKeyInfo in Base64, as in RFC 7469 2.4. Sessions are then not resumed. Name a
  /// second key for the day that the first one is replaced.
  std::vector<std::string> pins{};

  /// What the client shows to a server that asks for a certificate.
  tls_client_certificate certificate{};

  // What is offered. Lists in OpenSSL's notation; empty: OpenSSL's choice.
  tls_version min_version = tls_version::tls_1_2;
  tls_version max_version = tls_version::tls_1_3;
  std::string ciphers{};            ///< of TLS 1.2: "ECDHE+AESGCM"
  std::string cipher_suites{};      ///< of TLS 1.3: "TLS_AES_256_GCM_SHA384"
  std::vector<std::string> alpn{};  ///< application protocols, RFC 7301: {"http/1.1"}

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

  /// A file to which the secrets of each connection are appended, for Wireshark, in the format of
  /// NSS. Whoever has the file can read the traffic.
  std::string key_log_file{};

  /// Called with each `SSL_CTX` that is made, after all options have been applied. It must not
  /// change the callback for new sessions.
  shared_function<void(ssl_ctx_st*)> configure{};

  friend bool operator==(const tls_options&, const tls_options&) = default;
};

/// State that several clients share; see `tls_options::share`. It keeps the certificates that its
/// first client read. If they have changed, make a new share.
WSX_API std::shared_ptr<tls_share> make_tls_share();

}  // namespace wsx
