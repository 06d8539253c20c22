#include "tls_session.hpp"

#include <wsx/testing/script_error.hpp>

#include <openssl/err.h>

#include <array>

namespace wsx::testing {
namespace {

// OpenSSL 3 allows TLS 1.1 at security level 0 only.
void allow_only_tls_1_1(SSL_CTX* context) {
  check_openssl(SSL_CTX_set_min_proto_version(context, TLS1_1_VERSION) == 1 &&
                    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION) == 1 &&
                    SSL_CTX_set_cipher_list(context, "DEFAULT:@SECLEVEL=0") == 1,
                "cannot restrict TLS to 1.1");
}

ssl_context_ptr make_context(const certificate& own, bool only_tls_1_1) {
  ssl_context_ptr context{SSL_CTX_new(TLS_server_method())};
  check_openssl(context != nullptr, "cannot make a TLS context");
  if (only_tls_1_1) allow_only_tls_1_1(context.get());
  const auto x509 = read_certificate(own.certificate_pem);
  const auto key = read_key(own.key_pem);
  check_openssl(SSL_CTX_use_certificate(context.get(), x509.get()) == 1 &&
                    SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1,
                "cannot use the server's certificate");
  return context;
}

}  // namespace

tls_session::tls_session(const certificate& own, bool only_tls_1_1)
    : context_(make_context(own, only_tls_1_1)), ssl_(SSL_new(context_.get())) {
  check_openssl(ssl_ != nullptr, "cannot make a TLS session");
  bio_ptr in{BIO_new(BIO_s_mem())};
  bio_ptr out{BIO_new(BIO_s_mem())};
  check_openssl(in && out, "cannot make a BIO");
  SSL_set_bio(ssl_.get(), in.release(), out.release());
  SSL_set_accept_state(ssl_.get());
}

void tls_session::feed(std::string_view wire) {
  BIO_write(SSL_get_rbio(ssl_.get()), wire.data(), static_cast<int>(wire.size()));
}

std::string tls_session::take_output() {
  BIO* out = SSL_get_wbio(ssl_.get());
  std::string wire(BIO_ctrl_pending(out), '\0');
  if (!wire.empty()) BIO_read(out, wire.data(), static_cast<int>(wire.size()));
  return wire;
}

bool tls_session::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return true;
  if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return false;
  throw_openssl_error("the TLS handshake failed");
}

void tls_session::read(std::string& plain) {
  std::array<char, 16384> record{};
  for (;;) {
    ERR_clear_error();
    const int result = SSL_read(ssl_.get(), record.data(), static_cast<int>(record.size()));
    if (result > 0) {
      plain.append(record.data(), static_cast<std::size_t>(result));
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_ZERO_RETURN) return;
    throw_openssl_error("the client broke TLS");
  }
}

void tls_session::discard(std::string_view wire) {
  std::array<char, 16384> record{};
  feed(wire);
  ERR_clear_error();
  while (SSL_read(ssl_.get(), record.data(), static_cast<int>(record.size())) > 0) {}
}

void tls_session::write(std::string_view plain) {
  if (plain.empty()) return;
  ERR_clear_error();
  const int written = SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
  check_openssl(written > 0, "cannot encrypt");
}

void tls_session::send_close_notify() {
  const bool sent = (SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0;
  if (sent || SSL_is_init_finished(ssl_.get()) == 0) return;
  ERR_clear_error();
  check_openssl(SSL_shutdown(ssl_.get()) >= 0, "cannot send close_notify");
}

bool tls_session::received_close_notify() const {
  return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

std::string tls_session::server_name() const {
  const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

}  // namespace wsx::testing
