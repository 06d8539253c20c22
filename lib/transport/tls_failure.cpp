#include "tls_failure.hpp"

#include "../protocol/display.hpp"

#include <asio/ip/address.hpp>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <string_view>
#include <utility>

namespace wsx {

namespace {

using protocol::escape;
using protocol::quote;

constexpr std::size_t max_names = 16;
constexpr std::size_t max_name = 255;
constexpr std::string_view not_trusted = "is not among the trusted ones (set tls_options::ca_file)";

// RFC 8446 6, RFC 5246 7.2.
constexpr std::array<std::pair<int, std::string_view>, 34> alerts{{
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {21, "decryption_failed"},
    {22, "record_overflow"},
    {30, "decompression_failure"},
    {40, "handshake_failure"},
    {41, "no_certificate"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {60, "export_restriction"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {111, "certificate_unobtainable"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {114, "bad_certificate_hash_value"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
}};

std::string describe_alert(int number) {
  const auto* const found = std::find_if(alerts.begin(), alerts.end(),
                                         [number](const auto& a) { return a.first == number; });
  const std::string name =
      found != alerts.end() ? std::string(found->second) : "number " + std::to_string(number);
  return "the server sent the TLS alert " + name;
}

bool is_of_ssl(unsigned long error) noexcept {
  return !ERR_SYSTEM_ERROR(error) && ERR_GET_LIB(error) == ERR_LIB_SSL;
}

using bio_ptr = std::unique_ptr<BIO, decltype(&BIO_free)>;

// "CN=localhost, O=Example": in the certificate's order, in UTF-8, with quotes around a value that
// has a special character.
std::string text_of(const X509_NAME* name) {
  constexpr unsigned long flags =
      (XN_FLAG_ONELINE & ~static_cast<unsigned long>(XN_FLAG_SPC_EQ)) &
      ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB | ASN1_STRFLGS_ESC_CTRL);
  const bio_ptr out(BIO_new(BIO_s_mem()), &BIO_free);
  if (!out || name == nullptr || X509_NAME_print_ex(out.get(), name, 0, flags) < 0) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return escape(std::string_view(data, static_cast<std::size_t>(size)), max_name);
}

std::string text_of(const ASN1_TIME* time) {
  std::tm parts{};
  std::array<char, 32> text{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return "a date that can't be read";
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return {text.data(), size};
}

std::string_view view(const ASN1_STRING* text) noexcept {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

// RFC 5280 4.2.1.6: 4 or 16 bytes.
std::string address_of(std::string_view bytes) {
  asio::ip::address_v4::bytes_type v4{};
  asio::ip::address_v6::bytes_type v6{};
  if (bytes.size() == v4.size()) {
    std::copy(bytes.begin(), bytes.end(), v4.begin());
    return asio::ip::address_v4(v4).to_string();
  }
  if (bytes.size() != v6.size()) return {};
  std::copy(bytes.begin(), bytes.end(), v6.begin());
  return asio::ip::address_v6(v6).to_string();
}

std::vector<std::string> alternative_names(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  std::vector<std::string> names;
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()) && names.size() < max_names; ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_DNS) names.push_back(escape(view(name->d.dNSName), max_name));
    if (name->type == GEN_IPADD) names.push_back(address_of(view(name->d.iPAddress)));
  }
  return names;
}

// The last one is considered the most specific.
std::string common_name(const X509* certificate) {
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  int last = -1;
  for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) >= 0;) last = i;
  if (last < 0) return {};
  unsigned char* utf8 = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
  if (size < 0) return {};
  const std::string_view text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  std::string name = escape(text, max_name);
  OPENSSL_free(utf8);
  return name;
}

// "a, b and c"; only the first ones if there are many.
std::string list_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 5;
  const std::size_t shown = std::min(names.size(), most);
  std::string result;
  for (std::size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == names.size() && i > 0;
    result.append(i == 0 ? "" : last ? " and " : ", ").append(names[i]);
  }
  return names.size() > most ? result + " and others" : result;
}

std::string describe_mismatch(const X509* certificate, const std::string& wanted) {
  const auto names = alternative_names(certificate);
  if (!names.empty()) return "its certificate is for " + list_of(names) + ", not for " + wanted;
  const std::string common = common_name(certificate);
  if (common.empty()) return "its certificate has no name, it has to be for " + wanted;
  return "its certificate names " + common +
         " in its subject only, which does not count: it needs a subjectAltName";
}

std::string describe_issuer(const std::string& issuer) {
  if (issuer.empty()) return "the issuer of its certificate " + std::string(not_trusted);
  return "its certificate was issued by \"" + issuer + "\", which " + std::string(not_trusted);
}

// Its own subject, or that of the certificate that issued it.
std::string subject_of(const refused_certificate& r) {
  if (r.depth == 0) return "its certificate";
  return "the certificate of its issuer \"" + text_of(X509_get_subject_name(r.certificate)) + '"';
}

std::string describe(const refused_certificate& r) {
  switch (r.error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return describe_mismatch(r.certificate, escape(r.wanted));
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "its certificate is self-signed: it " + std::string(not_trusted);
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return describe_issuer(text_of(X509_get_issuer_name(r.certificate)));
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return subject_of(r) + " expired on " + text_of(X509_get0_notAfter(r.certificate));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return subject_of(r) + " is not valid before " + text_of(X509_get0_notBefore(r.certificate));
    default: return subject_of(r) + " was rejected: " + X509_verify_cert_error_string(r.error);
  }
}

}  // namespace

std::string openssl_reason(unsigned long error) {
  if (error == 0) return {};
  if (ERR_SYSTEM_ERROR(error)) return std::generic_category().message(ERR_GET_REASON(error));
  if (const char* const reason = ERR_reason_error_string(error)) return reason;
  std::array<char, 256> text{};
  ERR_error_string_n(error, text.data(), text.size());
  return text.data();
}

// OpenSSL's reasons from this number on are alerts that the peer has sent.
bool is_alert(unsigned long error) noexcept {
  return is_of_ssl(error) && ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET;
}

std::string describe_openssl(unsigned long error) {
  if (is_alert(error)) return describe_alert(ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET);
  if (!is_of_ssl(error)) return openssl_reason(error);
  switch (ERR_GET_REASON(error)) {
    case SSL_R_UNSUPPORTED_PROTOCOL: return "the server speaks no version of TLS from 1.2 on";
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
      return "a TLS record was altered on its way, or not made for this connection";
    default: return openssl_reason(error);
  }
}

// OpenSSL checks the version of the first record only. Later records with a wrong version come from
// a server that speaks TLS.
bool speaks_no_tls(const SSL* ssl, unsigned long error) noexcept {
  if (!is_of_ssl(error) || SSL_get_state(ssl) != TLS_ST_CW_CLNT_HELLO) return false;
  const int reason = ERR_GET_REASON(error);
  return reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
         reason == SSL_R_HTTPS_PROXY_REQUEST;
}

void describe(const refused_certificate& refused, diagnostics& d) {
  d.certificate_error = refused.error;
  d.certificate_depth = refused.depth;
  d.certificate_wanted = escape(refused.wanted, max_name);
  if (refused.certificate == nullptr) {
    d.detail = X509_verify_cert_error_string(refused.error);
    return;
  }
  d.certificate_subject = text_of(X509_get_subject_name(refused.certificate));
  d.detail = describe(refused);
  if (refused.depth > 0) return;
  d.certificate_names = alternative_names(refused.certificate);
  const std::string common = common_name(refused.certificate);
  if (d.certificate_names.empty() && !common.empty()) d.certificate_names.push_back(common);
}

}  // namespace wsx
