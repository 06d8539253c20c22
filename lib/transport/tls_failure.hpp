#pragma once

#include <wsx/diagnostics.hpp>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <string>

// Why TLS failed, in words that need no knowledge of OpenSSL.
namespace wsx {

/// What OpenSSL means by an error, without its number and place: "tlsv13 alert certificate
/// required". Empty for 0.
std::string openssl_reason(unsigned long error);

/// The same as a phrase for people: "the server sent the TLS alert certificate_required".
std::string describe_openssl(unsigned long error);

/// Whether `error` is an alert that the peer sent.
bool is_alert(unsigned long error) noexcept;

/// Whether `error` means that what the server said first was no TLS at all.
bool speaks_no_tls(const SSL* ssl, unsigned long error) noexcept;

/// A certificate that was refused.
struct refused_certificate {
  int error = X509_V_OK;
  int depth = 0;  ///< 0: the server's own
  const X509* certificate = nullptr;
  std::string wanted{};  ///< the name that it had to be for
};

/// Fills in what is known of it.
void describe(const refused_certificate& refused, diagnostics& d);

}  // namespace wsx
