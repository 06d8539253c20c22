#include <wsx/testing/certificates.hpp>

#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

using namespace wsx::testing;

namespace {

template <auto Free>
struct deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using x509 = std::unique_ptr<X509, deleter<X509_free>>;

x509 read(const std::string& pem) {
  const std::unique_ptr<BIO, deleter<BIO_free_all>> bio{
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  x509 certificate{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
  REQUIRE(certificate);
  return certificate;
}

// What OpenSSL says of the server's certificate if it trusts the other one.
int verify(const certificate& server, const certificate& trusted) {
  const std::unique_ptr<X509_STORE, deleter<X509_STORE_free>> store{X509_STORE_new()};
  const std::unique_ptr<X509_STORE_CTX, deleter<X509_STORE_CTX_free>> context{X509_STORE_CTX_new()};
  const auto leaf = read(server.certificate_pem);
  X509_STORE_add_cert(store.get(), read(trusted.certificate_pem).get());
  REQUIRE(X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr) == 1);
  X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context.get()), X509_V_FLAG_X509_STRICT);
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

bool is_for_host(const certificate& server, const char* name) {
  return X509_check_host(read(server.certificate_pem).get(), name, 0, 0, nullptr) == 1;
}

bool is_for_ip(const certificate& server, const char* address) {
  return X509_check_ip_asc(read(server.certificate_pem).get(), address, 0) == 1;
}

}  // namespace

TEST_SUITE("testing/certificates") {
  TEST_CASE("a server's certificate is good for its authority, and for no other") {
    const auto ca = make_ca();
    const auto server = make_server_certificate(ca);
    CHECK(verify(server, ca) == X509_V_OK);
    CHECK(verify(server, make_ca("another CA")) == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  }

  TEST_CASE("a certificate is good for its names and addresses only") {
    const auto server = make_server_certificate(
        make_ca(),
        {.dns_names = {"a.example", "*.b.example"}, .ip_addresses = {"10.0.0.1", "::2"}});
    CHECK(is_for_host(server, "a.example"));
    CHECK(is_for_host(server, "x.b.example"));
    CHECK_FALSE(is_for_host(server, "b.example"));
    CHECK_FALSE(is_for_host(server, "localhost"));
    CHECK(is_for_ip(server, "10.0.0.1"));
    CHECK(is_for_ip(server, "::2"));
    CHECK_FALSE(is_for_ip(server, "127.0.0.1"));
  }

  TEST_CASE("a certificate can be for no name at all") {
    const auto ca = make_ca();
    const auto server = make_server_certificate(ca, {.dns_names = {}, .ip_addresses = {}});
    CHECK(verify(server, ca) == X509_V_OK);
    CHECK_FALSE(is_for_host(server, "localhost"));
  }

  TEST_CASE("a certificate can be expired or not yet valid") {
    const auto ca = make_ca();
    CHECK(verify(make_server_certificate(ca, {.valid = validity::expired}), ca) ==
          X509_V_ERR_CERT_HAS_EXPIRED);
    CHECK(verify(make_server_certificate(ca, {.valid = validity::not_yet}), ca) ==
          X509_V_ERR_CERT_NOT_YET_VALID);
  }

  TEST_CASE("a self-signed certificate has no authority") {
    const auto server = make_self_signed_certificate();
    CHECK(verify(server, make_ca()) == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
    CHECK(is_for_host(server, "localhost"));
  }
}
