#pragma once

#include <wsx/diagnostics.hpp>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <string>

// Explains why TLS failed, in words that need no knowledge of OpenSSL.
namespace wsx {

/// Returns OpenSSL's text for an error, without its number and location: "tlsv13 alert certificate
/// required". Empty for 0.
std::string openssl_reason(unsigned long error);

/// Describes the error in a phrase for people: "the server sent the TLS alert
/// certificate_required".
std::string describe_openssl(unsigned long error);

/// Returns whether `error` is an alert that the peer sent.
bool is_alert(unsigned long error) noexcept;

/// Returns whether `error` means that the server's first bytes were not TLS.
bool speaks_no_tls(const SSL* ssl, unsigned long error) noexcept;

/// A certificate that was refused.
struct refused_certificate {
  int error = X509_V_OK;
  int depth = 0;  ///< 0: the server's own
  const X509* certificate = nullptr;
  std::string wanted{};  ///< the name that it had to be for
};

/// Sets the fields about the certificate.
void describe(const refused_certificate& refused, diagnostics& d);

}  // namespace wsx
