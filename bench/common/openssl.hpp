#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace bench {

/// Calls the OpenSSL function that frees a type of OpenSSL's.
template <auto Free>
struct openssl_deleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using ssl_context_ptr = std::unique_ptr<SSL_CTX, openssl_deleter<SSL_CTX_free>>;
using ssl_ptr = std::unique_ptr<SSL, openssl_deleter<SSL_free>>;
using ssl_session_ptr = std::unique_ptr<SSL_SESSION, openssl_deleter<SSL_SESSION_free>>;

/// Throws, with OpenSSL's own words, unless `holds`.
inline void check_openssl(bool holds, const char* what) {
  if (holds) return;
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  throw std::runtime_error(std::string(what) + ": " + (reason != nullptr ? reason : "failed"));
}

}  // namespace bench
