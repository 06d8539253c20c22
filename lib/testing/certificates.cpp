#include "openssl.hpp"

#include <wsx/testing/certificates.hpp>

#include <openssl/bn.h>
#include <openssl/x509v3.h>

#include <utility>

namespace wsx::testing {
namespace {

constexpr long day = 24L * 60 * 60;

key_ptr make_key() {
  key_ptr key{EVP_EC_gen("P-256")};
  check_openssl(key != nullptr, "cannot make a key");
  return key;
}

// Two certificates of one issuer must differ in their serial numbers: RFC 5280 4.1.2.2.
void set_random_serial(X509* certificate) {
  const std::unique_ptr<BIGNUM, openssl_deleter<BN_free>> number{BN_new()};
  check_openssl(number && BN_rand(number.get(), 64, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
                    BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr,
                "cannot make a serial number");
}

// The authority is valid for longer than any of its certificates, so that only their validity
// matters.
void set_validity(X509* certificate, long begin, long end) {
  check_openssl(X509_gmtime_adj(X509_getm_notBefore(certificate), begin) != nullptr &&
                    X509_gmtime_adj(X509_getm_notAfter(certificate), end) != nullptr,
                "cannot set the validity of a certificate");
}

std::pair<long, long> seconds_of(validity valid) {
  switch (valid) {
    case validity::expired: return {-2 * day, -day};
    case validity::not_yet: return {day, 2 * day};
    case validity::now: break;
  }
  return {-day, day};
}

x509_ptr make_unsigned(EVP_PKEY* key, std::string_view common_name) {
  x509_ptr certificate{X509_new()};
  check_openssl(certificate != nullptr, "cannot make a certificate");
  constexpr long version_3 = 2;
  X509_set_version(certificate.get(), version_3);
  set_random_serial(certificate.get());
  X509_set_pubkey(certificate.get(), key);
  const auto* name = reinterpret_cast<const unsigned char*>(common_name.data());
  const std::unique_ptr<X509_NAME, openssl_deleter<X509_NAME_free>> subject{X509_NAME_new()};
  check_openssl(
      subject && X509_NAME_add_entry_by_txt(subject.get(), "CN", MBSTRING_UTF8, name,
                                            static_cast<int>(common_name.size()), -1, 0) == 1,
      "cannot set the name of a certificate");
  X509_set_subject_name(certificate.get(), subject.get());
  return certificate;
}

void add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, openssl_deleter<X509_EXTENSION_free>> extension{
      X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str())};
  check_openssl(extension && X509_add_ext(certificate, extension.get(), -1) == 1,
                "cannot add an extension to a certificate");
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  check_openssl(X509_sign(certificate, issuer_key, EVP_sha256()) != 0, "cannot sign a certificate");
}

std::string alternative_names(const server_certificate_options& options) {
  std::string names;
  for (const auto& name : options.dns_names) names += ",DNS:" + name;
  for (const auto& address : options.ip_addresses) names += ",IP:" + address;
  return names.empty() ? names : names.substr(1);
}

x509_ptr make_unsigned_server(EVP_PKEY* key, const server_certificate_options& options) {
  auto server = make_unsigned(key, options.common_name);
  const auto [begin, end] = seconds_of(options.valid);
  set_validity(server.get(), begin, end);
  add_extension(server.get(), server.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(server.get(), server.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(server.get(), server.get(), NID_ext_key_usage, "serverAuth");
  add_extension(server.get(), server.get(), NID_subject_key_identifier, "hash");
  const auto names = alternative_names(options);
  if (!names.empty()) add_extension(server.get(), server.get(), NID_subject_alt_name, names);
  return server;
}

x509_ptr make_unsigned_ca(EVP_PKEY* key, std::string_view common_name) {
  auto ca = make_unsigned(key, common_name);
  set_validity(ca.get(), -3 * day, 3 * day);
  add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
  return ca;
}

certificate sign_by(const certificate& ca, x509_ptr subject, const key_ptr& key) {
  const auto issuer = read_certificate(ca.certificate_pem);
  add_extension(subject.get(), issuer.get(), NID_authority_key_identifier, "keyid:always");
  sign(subject.get(), issuer.get(), read_key(ca.key_pem).get());
  return {write_pem(subject.get()), write_pem(key.get())};
}

}  // namespace

certificate make_ca(std::string_view common_name) {
  const auto key = make_key();
  const auto ca = make_unsigned_ca(key.get(), common_name);
  sign(ca.get(), ca.get(), key.get());
  return {write_pem(ca.get()), write_pem(key.get())};
}

certificate make_intermediate_ca(const certificate& ca, std::string_view common_name) {
  const auto key = make_key();
  return sign_by(ca, make_unsigned_ca(key.get(), common_name), key);
}

certificate make_client_certificate(const certificate& ca, std::string_view common_name) {
  const auto key = make_key();
  auto client = make_unsigned(key.get(), common_name);
  set_validity(client.get(), -day, day);
  add_extension(client.get(), client.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(client.get(), client.get(), NID_ext_key_usage, "clientAuth");
  return sign_by(ca, std::move(client), key);
}

certificate make_server_certificate(const certificate& ca,
                                    const server_certificate_options& options) {
  const auto key = make_key();
  return sign_by(ca, make_unsigned_server(key.get(), options), key);
}

certificate make_self_signed_certificate(const server_certificate_options& options) {
  const auto key = make_key();
  const auto server = make_unsigned_server(key.get(), options);
  sign(server.get(), server.get(), key.get());
  return {write_pem(server.get()), write_pem(key.get())};
}

}  // namespace wsx::testing
