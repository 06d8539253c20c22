#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

namespace wsx {

struct free_openssl {
  void operator()(BIO* b) const noexcept { BIO_free(b); }
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};

// A session can be resumed even if its connection was cut. OpenSSL would discard it unless it
// considers the connection ended in order.
struct free_resumable_ssl {
  void operator()(SSL* s) const noexcept {
    SSL_set_shutdown(s, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(s);
  }
};

using resumable_ssl_pointer = std::unique_ptr<SSL, free_resumable_ssl>;
using bio_pointer = std::unique_ptr<BIO, free_openssl>;
using key_pointer = std::unique_ptr<EVP_PKEY, free_openssl>;
using x509_pointer = std::unique_ptr<X509, free_openssl>;

}  // namespace wsx
