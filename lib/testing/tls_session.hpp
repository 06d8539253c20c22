#pragma once

#include "openssl.hpp"

#include <wsx/testing/certificates.hpp>
#include <wsx/testing/server_connection.hpp>

#include <string>
#include <string_view>

namespace wsx::testing {

/// The server's side of TLS, without a socket. Data from the peer goes in with `feed`, and data for
/// it comes out with `take_output`. After a call that failed, that includes an alert.
class tls_session {
 public:
  tls_session(const certificate& own, tls_versions versions, client_certificates wanted,
              std::string_view client_ca);

  void feed(std::string_view wire);
  std::string take_output();

  /// Continues the handshake and returns whether it is done. Throws `script_error` if it failed.
  bool handshake();
  /// Appends the decrypted data to `plain`.
  void read(std::string& plain);
  /// Looks only for close_notify in `wire`; broken TLS is not an error.
  void discard(std::string_view wire);
  void write(std::string_view plain);
  /// Only once, and not within the handshake or after a fatal error: then it does nothing.
  void send_close_notify();
  /// Sends a KeyUpdate of TLS 1.3, which requests one in return if `both`.
  void update_keys(bool both);
  /// Fails as if the client had sent an unencrypted record, and sends the alert for that.
  void fail();

  bool received_close_notify() const;
  std::string server_name() const;
  bool resumed() const;

 private:
  ssl_context_ptr context_;
  ssl_ptr ssl_;
};

}  // namespace wsx::testing
