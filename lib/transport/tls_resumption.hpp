#pragma once

#include "tls_session_store.hpp"

#include <openssl/ssl.h>

#include <string>

namespace wsx {

/// What one connection does about sessions: it offers one to the server, and keeps the first that
/// the server gives. One a connection is what its client needs to resume.
class tls_resumption {
 public:
  /// Once for each context: its connections are told of new sessions.
  static void enable(SSL_CTX* context) noexcept;

  tls_resumption() = default;
  tls_resumption(const tls_resumption&) = delete;
  tls_resumption& operator=(const tls_resumption&) = delete;

  /// Before the handshake. This and the store must outlive `ssl`.
  void begin(SSL* ssl, tls_session_store& store, std::string server);

  /// Whether a session was offered.
  bool offered() const noexcept { return offered_; }

  /// The server has answered the offer by ending the connection: it gets no other.
  void refused() { store_->refuse(server_); }

  /// After the handshake.
  void established(SSL* ssl);

 private:
  static int on_new_session(SSL* ssl, SSL_SESSION* session) noexcept;
  bool wanted(SSL_SESSION* session) const noexcept;
  void keep(SSL* ssl, tls_session_ptr session);

  tls_session_store* store_ = nullptr;
  std::string server_;
  tls_session_store::clock::time_point begun_{};
  tls_session_store::clock::time_point offered_verified_{};
  bool offered_ = false;
  bool kept_ = false;
};

}  // namespace wsx
