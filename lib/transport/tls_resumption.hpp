#pragma once

#include "tls_session_store.hpp"

#include <openssl/ssl.h>

#include <string>

namespace wsx {

/// The session handling of one connection: it offers one session to the server, and keeps the first
/// that the server sends. A client needs one per connection.
class tls_resumption {
 public:
  /// Once per context: enables notifications about new sessions for its connections.
  static void enable(SSL_CTX* context) noexcept;

  tls_resumption() = default;
  tls_resumption(const tls_resumption&) = delete;
  tls_resumption& operator=(const tls_resumption&) = delete;

  /// Before the handshake. This object and the store must outlive `ssl`.
  void begin(SSL* ssl, tls_session_store& store, std::string server);

  /// Returns whether a session was offered.
  bool offered() const noexcept { return offered_; }

  /// The server has answered the offer by ending the connection: it is offered no other session.
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
