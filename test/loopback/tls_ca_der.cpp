#include "tls_support.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

// Trusted certificates as DER, in memory.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

std::string der_of(const certificate& of) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> source(
      BIO_new_mem_buf(of.certificate_pem.data(), -1), &BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> read(
      PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr), &X509_free);
  std::string der(static_cast<std::size_t>(i2d_X509(read.get(), nullptr)), '\0');
  auto* at = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(read.get(), &at);
  return der;
}

}  // namespace

TEST_SUITE("loopback/tls_ca_der") {
  TEST_CASE("each of them is trusted") {
    const auto one = make_ca("one");
    const auto another = make_ca("another");
    auto options = calm();
    options.tls.ca_der = {der_of(one), der_of(another)};
    for (const auto& ca : {one, another}) {
      auto server = tls_server(make_server_certificate(ca));
      CHECK(connect_once(options, server.url()).ok());
    }
  }

  TEST_CASE("only they are trusted") {
    auto server = tls_server(make_server_certificate(make_ca("third")));
    auto options = calm();
    options.tls.ca_der = {der_of(make_ca("one"))};
    check_refused(connect_once(options, server.url()), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                  server_subject);
  }

  TEST_CASE("beside ca_pem") {
    const auto ca = make_ca();
    auto server = tls_server(make_server_certificate(ca));
    auto options = trusting(make_ca("another"));
    options.tls.ca_der = {der_of(ca)};
    CHECK(connect_once(options, server.url()).ok());
  }

  TEST_CASE("clients with one share and other certificates do not share trust") {
    const auto ca = make_ca();
    auto server = tls_server(make_server_certificate(ca));
    auto options = calm();
    options.tls.share = wsx::make_tls_share();
    options.tls.ca_der = {der_of(ca)};
    CHECK(connect_once(options, server.url()).ok());
    options.tls.ca_der = {der_of(make_ca("another"))};
    check_refused(connect_once(options, server.url()), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                  server_subject);
  }

  TEST_CASE("one that can't be read: refused before connecting, and named") {
    const auto good = der_of(make_ca());
    auto options = calm();
    std::string why = " has a malformed certificate: ";
    SUBCASE("empty") {
      options.tls.ca_der = {good, ""};
    }
    SUBCASE("cut") {
      options.tls.ca_der = {good, good.substr(0, 200)};
    }
    SUBCASE("PEM") {
      options.tls.ca_der = {good, make_ca().certificate_pem};
    }
    SUBCASE("two in one") {
      options.tls.ca_der = {good, good + good};
      why = " has more than one certificate";
    }
    const auto connected = connect_once(options, "wss://127.0.0.1:1/");
    CHECK(connected.error == wsx::errc::invalid_ca);
    CHECK(connected.diagnostics.detail.starts_with("tls_options::ca_der[1]" + why));
    CHECK(connected.diagnostics.stage == wsx::connect_stage::checking);
  }
}
