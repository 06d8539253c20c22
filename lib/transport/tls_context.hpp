#pragma once

#include "tls_session_store.hpp"

#include <wsx/system_error.hpp>
#include <wsx/tls_options.hpp>

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <system_error>

namespace wsx {

/// State that TLS connections with the same trust settings share: the trusted certificates, the
/// settings, and the sessions to resume.
class tls_context {
 public:
  /// Makes a context from the options; null with an error if one of them can't be used, such as
  /// `errc::invalid_ca`.
  static std::shared_ptr<tls_context> make(const tls_options& options, std::error_code& error,
                                           diagnostics& d);

  SSL_CTX* native() const noexcept { return context_.get(); }
  tls_session_store& sessions() noexcept { return sessions_; }

 private:
  struct free_context {
    void operator()(SSL_CTX* c) const noexcept { SSL_CTX_free(c); }
  };

  std::error_code apply(const tls_options& options, diagnostics& d);
  bool trust(const tls_options& options, diagnostics& d);
  bool trust_pem(const std::string& pem);
  bool trust_der(const std::string& der);

  std::unique_ptr<SSL_CTX, free_context> context_;
  tls_session_store sessions_;
};

/// Returns OpenSSL's text for the oldest error in its queue; empties the queue.
std::string take_openssl_error();

}  // namespace wsx
