#pragma once

#include <wsx/testing/certificates.hpp>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace wsx::testing {

/// Calls the OpenSSL function that frees an OpenSSL type.
template <auto Free>
struct openssl_deleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using bio_ptr = std::unique_ptr<BIO, openssl_deleter<BIO_free_all>>;
using key_ptr = std::unique_ptr<EVP_PKEY, openssl_deleter<EVP_PKEY_free>>;
using x509_ptr = std::unique_ptr<X509, openssl_deleter<X509_free>>;
using ssl_context_ptr = std::unique_ptr<SSL_CTX, openssl_deleter<SSL_CTX_free>>;
using ssl_ptr = std::unique_ptr<SSL, openssl_deleter<SSL_free>>;

/// Throws `script_error`: `what`, and the errors in this thread's OpenSSL queue, which it empties.
[[noreturn]] void throw_openssl_error(const std::string& what);

/// Throws likewise unless `holds`.
inline void check_openssl(bool holds, const char* what) {
  if (!holds) throw_openssl_error(what);
}

x509_ptr read_certificate(std::string_view pem);
key_ptr read_key(std::string_view pem);
std::string write_pem(X509* certificate);
std::string write_pem(EVP_PKEY* key);

}  // namespace wsx::testing
