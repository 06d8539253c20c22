#include "tls_context.hpp"

#include "../protocol/display.hpp"
#include "openssl_pointers.hpp"
#include "tls_client_certificate.hpp"
#include "tls_failure.hpp"
#include "tls_key_log.hpp"
#include "tls_resumption.hpp"
#include "tls_settings.hpp"

#include <wsx/error.hpp>
#include <wsx/log.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509err.h>

#include <filesystem>
#include <string_view>
#include <system_error>

namespace wsx {

namespace {

void configure(SSL_CTX* context) {
  // Bytes may have moved when a write of them is continued; an idle connection has no buffers.
  SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  // A missing close_notify is not an error: WebSocket has its Close frame.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  tls_resumption::enable(context);
}

std::string named(std::string_view option, const std::string& path) {
  return "tls_options::" + std::string(option) + ' ' + protocol::quote(path, 200);
}

// Describes why certificates could not be read, by the oldest of OpenSSL's errors; returns
// `nothing` for the usual one. Empties the queue.
std::string describe_unreadable(std::string_view nothing) {
  const auto code = ERR_peek_error();
  const std::string reason = take_openssl_error();
  if (ERR_SYSTEM_ERROR(code)) return " can't be read: " + reason;
  const bool no_pem =
      ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
  const bool no_x509 = ERR_GET_LIB(code) == ERR_LIB_X509 &&
                       ERR_GET_REASON(code) == X509_R_NO_CERTIFICATE_OR_CRL_FOUND;
  if (code == 0 || no_pem || no_x509) return std::string(nothing);
  return " has a malformed certificate: " + reason;
}

}  // namespace

std::string take_openssl_error() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  return openssl_reason(code);
}

std::shared_ptr<tls_context> tls_context::make(const tls_options& options, std::error_code& error,
                                               diagnostics& d) {
  ERR_clear_error();
  auto made = std::make_shared<tls_context>();
  made->context_.reset(SSL_CTX_new(TLS_client_method()));
  if (!made->context_) {
    d.detail = "TLS can't be set up: " + take_openssl_error();
    error = errc::tls_handshake_failed;
    return nullptr;
  }
  configure(made->native());
  error = made->apply(options, d);
  return error ? nullptr : made;
}

std::error_code tls_context::apply(const tls_options& options, diagnostics& d) {
  if (!apply_settings(native(), options, d.detail)) return errc::invalid_option;
  if (options.verify && !trust(options, d)) return errc::invalid_ca;
  if (!options.verify) detail::log_report("tls_options::verify is off: servers are not verified");
  if (options.partial_chain)
    X509_STORE_set_flags(SSL_CTX_get_cert_store(native()), X509_V_FLAG_PARTIAL_CHAIN);
  if (!use_client_certificate(native(), options.certificate, d.detail))
    return errc::invalid_client_certificate;
  if (!options.key_log_file.empty() && !log_keys(native(), options.key_log_file, d.detail))
    return errc::invalid_option;
  if (options.configure) options.configure(native());
  return {};
}

bool tls_context::trust(const tls_options& options, diagnostics& d) {
  const bool own = !options.ca_file.empty() || !options.ca_path.empty() ||
                   !options.ca_pem.empty() || !options.ca_der.empty();
  if (!own) {
    if (SSL_CTX_set_default_verify_paths(native()) == 1) return true;
    d.detail = "the system's certificates can't be read: " + take_openssl_error();
    return false;
  }

  constexpr std::string_view none = " has no certificate";
  if (!options.ca_file.empty() &&
      SSL_CTX_load_verify_file(native(), options.ca_file.c_str()) != 1) {
    d.detail = named("ca_file", options.ca_file) + describe_unreadable(none);
    return false;
  }
  // OpenSSL reads the directory only when it verifies.
  std::error_code unknown;
  if (!options.ca_path.empty() && !std::filesystem::is_directory(options.ca_path, unknown)) {
    d.detail = named("ca_path", options.ca_path) + " is not a directory";
    return false;
  }
  if (!options.ca_path.empty() && SSL_CTX_load_verify_dir(native(), options.ca_path.c_str()) != 1) {
    d.detail = named("ca_path", options.ca_path) + describe_unreadable(none);
    return false;
  }
  if (!options.ca_pem.empty() && !trust_pem(options.ca_pem)) {
    d.detail = "tls_options::ca_pem" + describe_unreadable(none);
    return false;
  }
  for (std::size_t i = 0; i < options.ca_der.size(); ++i) {
    if (trust_der(options.ca_der[i])) continue;
    d.detail = "tls_options::ca_der[" + std::to_string(i) + ']' +
               describe_unreadable(" has more than one certificate");
    return false;
  }
  return true;
}

// At least one certificate, and none that can't be read.
bool tls_context::trust_pem(const std::string& pem) {
  const bio_pointer source(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!source) return false;
  std::size_t count = 0;
  for (;; ++count) {
    const x509_pointer certificate(PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr));
    if (!certificate) break;
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(native()), certificate.get()) != 1) return false;
  }
  // The end of the text is reported as "no start line".
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (count > 0 && at_end) ERR_clear_error();
  return count > 0 && at_end;
}

// One certificate, and nothing after it.
bool tls_context::trust_der(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  const x509_pointer certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  return certificate && at == end &&
         X509_STORE_add_cert(SSL_CTX_get_cert_store(native()), certificate.get()) == 1;
}

}  // namespace wsx
