#pragma once

#include "openssl.hpp"

#include <wsx/testing/certificates.hpp>
#include <wsx/testing/server_connection.hpp>

#include <string>
#include <string_view>

namespace wsx::testing {

/// The server's side of TLS, without a socket: what the peer sent goes in by `feed`, what it is to
/// be sent comes out by `take_output`, which holds an alert after a call that
/// failed.
class tls_session {
 public:
  tls_session(const certificate& own, tls_versions versions, client_certificates wanted);

  void feed(std::string_view wire);
  std::string take_output();

  /// Goes on with the handshake; whether it is done. Throws `script_error` if it failed.
  bool handshake();
  /// Appends to `plain` what has been decrypted.
  void read(std::string& plain);
  /// Looks in `wire` for close_notify only; broken TLS is no error.
  void discard(std::string_view wire);
  void write(std::string_view plain);
  /// Once, and not within the handshake or after a fatal error: else it does nothing.
  void send_close_notify();
  /// Sends a KeyUpdate of TLS 1.3, which wants one in return if `both`.
  void update_keys(bool both);
  /// Fails as if the client had sent a record that nobody encrypted: sends the alert for it.
  void fail();

  bool received_close_notify() const;
  std::string server_name() const;
  bool resumed() const;

 private:
  ssl_context_ptr context_;
  ssl_ptr ssl_;
};

}  // namespace wsx::testing
