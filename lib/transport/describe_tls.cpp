#include "describe_tls.hpp"

#include <openssl/asn1.h>
#include <openssl/x509.h>

#include <chrono>
#include <ctime>
#include <string>

namespace wsx {

namespace {

std::optional<std::chrono::system_clock::time_point> expiry_of(const X509* certificate) {
  std::tm at{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &at) != 1)
    return std::nullopt;
  using namespace std::chrono;
  const auto day = year(at.tm_year + 1900) / (at.tm_mon + 1) / at.tm_mday;
  return sys_days(day) + hours(at.tm_hour) + minutes(at.tm_min) + seconds(at.tm_sec);
}

std::string alpn_of(const SSL* ssl) {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &chosen, &size);
  return {chosen, chosen + size};
}

}  // namespace

std::optional<tls_info> describe_tls(const SSL* ssl) {
  if (SSL_is_init_finished(ssl) != 1) return std::nullopt;
  return tls_info{.version = SSL_get_version(ssl),
                  .cipher = SSL_get_cipher_name(ssl),
                  .alpn = alpn_of(ssl),
                  .resumed = SSL_session_reused(ssl) == 1,
                  .certificate_expiry = expiry_of(SSL_get0_peer_certificate(ssl))};
}

}  // namespace wsx
