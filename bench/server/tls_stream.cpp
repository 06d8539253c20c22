#include "tls_stream.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string>
#include <utility>

namespace bench {

namespace {

using bio_ptr = std::unique_ptr<BIO, openssl_deleter<BIO_free_all>>;
using key_ptr = std::unique_ptr<EVP_PKEY, openssl_deleter<EVP_PKEY_free>>;
using x509_ptr = std::unique_ptr<X509, openssl_deleter<X509_free>>;

// RFC 8446 5.1: no record has more.
constexpr std::size_t max_record = 16 * 1024;

bio_ptr reader_of(const std::string& pem) {
  return bio_ptr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

void use(SSL_CTX* context, const wsx::testing::certificate& own) {
  const x509_ptr certificate(
      PEM_read_bio_X509(reader_of(own.certificate_pem).get(), nullptr, nullptr, nullptr));
  const key_ptr key(
      PEM_read_bio_PrivateKey(reader_of(own.key_pem).get(), nullptr, nullptr, nullptr));
  check_openssl(certificate && SSL_CTX_use_certificate(context, certificate.get()) == 1 && key &&
                    SSL_CTX_use_PrivateKey(context, key.get()) == 1,
                "certificate");
}

class tls_stream : public stream {
 public:
  tls_stream(ssl_ptr ssl, descriptor socket) : socket_(std::move(socket)), ssl_(std::move(ssl)) {}

  // A record that does not fit into what is left of the room waits for the next read.
  transfer read_some(std::span<char> room) override {
    transfer result;
    while (room.size() - result.bytes >= max_record) {
      const auto rest = room.subspan(result.bytes);
      std::size_t bytes = 0;
      const int done = SSL_read_ex(ssl_.get(), rest.data(), rest.size(), &bytes);
      result.bytes += bytes;
      if (done == 1) continue;
      result.open = result.bytes > 0 || would_block(done);
      break;
    }
    return result;
  }

  // OpenSSL makes one record a call, and each record one system call.
  transfer write_some(std::string_view bytes) override {
    transfer result;
    while (result.bytes < bytes.size()) {
      const auto rest = bytes.substr(result.bytes);
      std::size_t written = 0;
      const int done = SSL_write_ex(ssl_.get(), rest.data(), rest.size(), &written);
      result.bytes += written;
      if (done == 1) continue;
      result.open = would_block(done);
      break;
    }
    return result;
  }

  bool holds_back() const override { return SSL_has_pending(ssl_.get()) == 1; }

 private:
  bool would_block(int result) const noexcept {
    const int error = SSL_get_error(ssl_.get(), result);
    ERR_clear_error();
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
  }

  descriptor socket_;
  ssl_ptr ssl_;
};

}  // namespace

ssl_context_ptr make_server_context(const wsx::testing::certificate& own) {
  ssl_context_ptr context(SSL_CTX_new(TLS_server_method()));
  check_openssl(context != nullptr, "SSL_CTX_new");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  // Several records a system call.
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_default_read_buffer_len(context.get(), 8 * max_record);
  use(context.get(), own);
  return context;
}

std::unique_ptr<stream> make_tls_stream(SSL_CTX& context, descriptor socket) {
  ssl_ptr ssl(SSL_new(&context));
  if (!ssl || SSL_set_fd(ssl.get(), socket.get()) != 1) return nullptr;
  SSL_set_accept_state(ssl.get());
  return std::make_unique<tls_stream>(std::move(ssl), std::move(socket));
}

}  // namespace bench
