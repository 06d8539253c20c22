#include "tls_session.hpp"

#include <wsx/testing/script_error.hpp>

#include <openssl/err.h>

#include <array>

namespace wsx::testing {
namespace {

void allow_only(SSL_CTX* context, int version) {
  check_openssl(SSL_CTX_set_min_proto_version(context, version) == 1 &&
                    SSL_CTX_set_max_proto_version(context, version) == 1,
                "cannot restrict TLS to one version");
}

void limit_versions(SSL_CTX* context, tls_versions versions) {
  if (versions == tls_versions::only_1_2) allow_only(context, TLS1_2_VERSION);
  if (versions != tls_versions::only_1_1) return;
  allow_only(context, TLS1_1_VERSION);
  // OpenSSL 3 allows TLS 1.1 at security level 0 only.
  check_openssl(SSL_CTX_set_cipher_list(context, "DEFAULT:@SECLEVEL=0") == 1,
                "cannot lower the security level");
}

// Each connection has its own context. Their ticket keys are derived from the certificate, which
// they share, so that one can resume what another began.
void share_tickets(SSL_CTX* context, const certificate& own) {
  std::array<unsigned char, 80> keys{};
  check_openssl(
      PKCS5_PBKDF2_HMAC(own.key_pem.data(), static_cast<int>(own.key_pem.size()), nullptr, 0, 1,
                        EVP_sha256(), static_cast<int>(keys.size()), keys.data()) == 1 &&
          SSL_CTX_set_tlsext_ticket_keys(context, keys.data(), keys.size()) == 1,
      "cannot set the keys of tickets");
}

ssl_context_ptr make_context(const certificate& own, tls_versions versions) {
  ssl_context_ptr context{SSL_CTX_new(TLS_server_method())};
  check_openssl(context != nullptr, "cannot make a TLS context");
  limit_versions(context.get(), versions);
  share_tickets(context.get(), own);
  const auto x509 = read_certificate(own.certificate_pem);
  const auto key = read_key(own.key_pem);
  check_openssl(SSL_CTX_use_certificate(context.get(), x509.get()) == 1 &&
                    SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1,
                "cannot use the server's certificate");
  return context;
}

}  // namespace

tls_session::tls_session(const certificate& own, tls_versions versions, client_certificates wanted,
                         std::string_view client_ca)
    : context_(make_context(own, versions)), ssl_(SSL_new(context_.get())) {
  check_openssl(ssl_ != nullptr, "cannot make a TLS session");
  if (!client_ca.empty()) {
    check_openssl(X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()),
                                      read_certificate(client_ca).get()) == 1,
                  "cannot trust the authority of clients");
  }
  bio_ptr in{BIO_new(BIO_s_mem())};
  bio_ptr out{BIO_new(BIO_s_mem())};
  check_openssl(in && out, "cannot make a BIO");
  SSL_set_bio(ssl_.get(), in.release(), out.release());
  SSL_set_accept_state(ssl_.get());
  if (wanted == client_certificates::demanded)
    SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
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

void tls_session::update_keys(bool both) {
  const int kind = both ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED;
  ERR_clear_error();
  check_openssl(SSL_key_update(ssl_.get(), kind) == 1 && SSL_do_handshake(ssl_.get()) == 1,
                "cannot update the keys");
}

void tls_session::fail() {
  constexpr std::string_view forged("\x17\x03\x03\x00\x20xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 37);
  std::array<char, 1> none{};
  BIO_reset(SSL_get_rbio(ssl_.get()));  // it may hold part of a record
  feed(forged);
  ERR_clear_error();
  while (SSL_read(ssl_.get(), none.data(), 1) > 0) {}
}

bool tls_session::received_close_notify() const {
  return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

std::string tls_session::server_name() const {
  const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

bool tls_session::resumed() const {
  return SSL_session_reused(ssl_.get()) == 1;
}

}  // namespace wsx::testing
