#include "tls_support.hpp"

#include <wsx/testing/temp_dir.hpp>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

// Mutual TLS: the client has a certificate, too.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

constexpr tls_versions both[] = {tls_versions::all, tls_versions::only_1_2};

// A server that demands certificates of `clients`.
struct demanding_server {
  explicit demanding_server(tls_versions versions = tls_versions::all, script run = accept_and_end)
      : server(std::move(run), {.tls = make_server_certificate(ca),
                                .versions = versions,
                                .from_clients = client_certificates::demanded,
                                .client_ca = clients.certificate_pem}) {}

  outcome connect(const wsx::tls_client_certificate& shown) const {
    auto options = trusting(ca);
    options.tls.certificate = shown;
    return connect_once(options, server.url());
  }

  certificate ca = make_ca();
  certificate clients = make_ca("authority of clients");
  certificate own = make_client_certificate(clients);
  scripted_server server;
};

// The key, encrypted with a passphrase.
std::string encrypted(const std::string& key_pem, const std::string& passphrase) {
  const auto free_bio = [](BIO* b) { BIO_free(b); };
  const auto free_key = [](EVP_PKEY* k) { EVP_PKEY_free(k); };
  const std::unique_ptr<BIO, decltype(free_bio)> in(BIO_new_mem_buf(key_pem.data(), -1), free_bio);
  const std::unique_ptr<EVP_PKEY, decltype(free_key)> key(
      PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), free_key);
  const std::unique_ptr<BIO, decltype(free_bio)> out(BIO_new(BIO_s_mem()), free_bio);
  REQUIRE(PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), EVP_aes_256_cbc(), passphrase.data(),
                                        static_cast<int>(passphrase.size()), nullptr,
                                        nullptr) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
  return path.string();
}

// What is said of a certificate that can't be used.
std::string fault(const wsx::tls_client_certificate& own) {
  demanding_server s;
  const auto connected = s.connect(own);
  CHECK(connected.error == wsx::errc::invalid_client_certificate);
  CHECK(connected.error == wsx::condition::permanent);
  CHECK(connected.error == wsx::condition::tls_failed);
  CHECK(s.server.connections() == 0);  // it costs no connection
  return connected.diagnostics.detail;
}

}  // namespace

TEST_SUITE("loopback/tls_client_certificate") {
  TEST_CASE("in memory: a server that demands one is content") {
    for (const auto versions : both) {
      CAPTURE(static_cast<int>(versions));
      demanding_server s(versions);
      CHECK(s.connect({.chain_pem = s.own.certificate_pem, .key_pem = s.own.key_pem}).ok());
      // Both in one text, in any order.
      CHECK(s.connect({.chain_pem = s.own.certificate_pem + s.own.key_pem}).ok());
      CHECK(s.connect({.chain_pem = s.own.key_pem + s.own.certificate_pem}).ok());
    }
  }

  TEST_CASE("in files") {
    const temp_dir dir;
    demanding_server s;
    const auto chain = write_file(dir.path() / "client.pem", s.own.certificate_pem);
    const auto key = write_file(dir.path() / "client.key", s.own.key_pem);
    const auto together =
        write_file(dir.path() / "both.pem", s.own.certificate_pem + s.own.key_pem);
    CHECK(s.connect({.chain_file = chain, .key_file = key}).ok());
    CHECK(s.connect({.chain_file = together}).ok());
    CHECK(s.connect({.chain_file = chain, .key_pem = s.own.key_pem}).ok());
  }

  TEST_CASE("an intermediate authority's certificate is sent along") {
    demanding_server s;
    const auto between = make_intermediate_ca(s.clients);
    const auto own = make_client_certificate(between);
    CHECK(s.connect(
               {.chain_pem = own.certificate_pem + between.certificate_pem, .key_pem = own.key_pem})
              .ok());
    const auto alone = s.connect({.chain_pem = own.certificate_pem, .key_pem = own.key_pem});
    CHECK(alone.error == wsx::condition::tls_failed);
    CHECK(alone.diagnostics.detail == "the server sent the TLS alert unknown_ca");
  }

  TEST_CASE("none, or one of another authority: the server says why it refuses") {
    for (const auto versions : both) {
      CAPTURE(static_cast<int>(versions));
      demanding_server s(versions);
      const bool old = versions == tls_versions::only_1_2;
      const auto none = s.connect({});
      CHECK(none.error == wsx::condition::tls_failed);
      CHECK(none.diagnostics.detail == std::string("the server sent the TLS alert ") +
                                           (old ? "handshake_failure" : "certificate_required"));
      const auto other = make_client_certificate(make_ca("others"));
      const auto refused =
          s.connect({.chain_pem = other.certificate_pem, .key_pem = other.key_pem});
      CHECK(refused.error == wsx::condition::tls_failed);
      CHECK(refused.diagnostics.detail == "the server sent the TLS alert unknown_ca");
    }
  }

  TEST_CASE("a server that does not ask gets none") {
    const auto ca = make_ca();
    auto server = tls_server(make_server_certificate(ca));
    const auto own = make_client_certificate(make_ca("authority of clients"));
    auto options = trusting(ca);
    options.tls.certificate = {.chain_pem = own.certificate_pem, .key_pem = own.key_pem};
    CHECK(connect_once(options, server.url()).ok());
  }

  TEST_CASE("an encrypted key") {
    demanding_server s;
    const auto key = encrypted(s.own.key_pem, "open sesame");
    int asked = 0;
    const auto with = [&](auto passphrase) {
      return wsx::tls_client_certificate{
          .chain_pem = s.own.certificate_pem, .key_pem = key, .passphrase = passphrase};
    };
    CHECK(s.connect(with([&] {
             ++asked;
             return std::string("open sesame");
           })).ok());
    CHECK(asked == 1);
    const std::string wrong =
        "tls_options::certificate.key_pem can't be decrypted: the passphrase is wrong";
    CHECK(fault(with([] { return std::string("secret"); })) == wrong);
    CHECK(fault(with([] { return std::string(5000, 'a'); })) == wrong);
    CHECK(fault(with([]() -> std::string { throw std::runtime_error("secret"); })) == wrong);
    // Without one, OpenSSL would ask on the terminal.
    CHECK(fault({.chain_pem = s.own.certificate_pem, .key_pem = key}) ==
          "tls_options::certificate.key_pem is encrypted, and has no passphrase");
  }

  TEST_CASE("a URI of a store: a PKCS #12 file with all") {
    const temp_dir dir;
    demanding_server s;
    const auto free_bio = [](BIO* b) { BIO_free(b); };
    const std::unique_ptr<BIO, decltype(free_bio)> key_text(
        BIO_new_mem_buf(s.own.key_pem.data(), -1), free_bio);
    const std::unique_ptr<BIO, decltype(free_bio)> certificate_text(
        BIO_new_mem_buf(s.own.certificate_pem.data(), -1), free_bio);
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr);
    X509* const x509 = PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr);
    PKCS12* const all = PKCS12_create("p12", "client", key, x509, nullptr, 0, 0, 0, 0, 0);
    REQUIRE(all != nullptr);
    const std::string path = (dir.path() / "client.p12").string();
    const std::unique_ptr<BIO, decltype(free_bio)> file(BIO_new_file(path.c_str(), "wb"), free_bio);
    REQUIRE(i2d_PKCS12_bio(file.get(), all) == 1);
    BIO_flush(file.get());
    PKCS12_free(all);
    X509_free(x509);
    EVP_PKEY_free(key);

    CHECK(s.connect({.uri = "file:" + path, .passphrase = [] { return std::string("p12"); }}).ok());
    const std::string uri = "tls_options::certificate.uri \"file:" + path + "\"";
    CHECK(fault({.uri = "file:" + path, .passphrase = [] { return std::string("no"); }}) ==
          uri + " can't be decrypted: the passphrase is wrong");
    CHECK(fault({.uri = "file:" + path}) == uri + " is encrypted, and has no passphrase");
    const auto pem = write_file(dir.path() / "client.pem", s.own.certificate_pem);
    CHECK(fault({.uri = "file:" + pem}) ==
          "tls_options::certificate.uri \"file:" + pem + "\" has no private key");
    CHECK(fault({.uri = "file:/no/such/file"})
              .starts_with("tls_options::certificate.uri \"file:/no/such/file\" can't be read: "));
    CHECK(fault({.uri = "nothing:x"})
              .starts_with("tls_options::certificate.uri \"nothing:x\" can't be read: "));
  }

  TEST_CASE("what can't be used is named") {
    const auto own = make_client_certificate(make_ca());
    const auto other = make_client_certificate(make_ca());
    CHECK(fault({.chain_pem = own.certificate_pem, .key_pem = other.key_pem}) ==
          "tls_options::certificate: the key is not that of the certificate");
    CHECK(fault({.key_pem = own.key_pem}) ==
          "tls_options::certificate has a key and no certificate");
    CHECK(fault({.chain_pem = "secret", .key_pem = own.key_pem}) ==
          "tls_options::certificate.chain_pem has no certificate");
    CHECK(
        fault({.chain_file = "/no/such/file"})
            .starts_with("tls_options::certificate.chain_file \"/no/such/file\" can't be read: "));
    CHECK(fault({.chain_pem = own.certificate_pem, .key_file = "/no/such/file"})
              .starts_with("tls_options::certificate.key_file \"/no/such/file\" can't be read: "));
    CHECK(fault({.chain_pem = own.certificate_pem})
              .starts_with("tls_options::certificate.chain_pem can't be read: "));
    const std::string cut = own.certificate_pem.substr(0, own.certificate_pem.size() / 2);
    CHECK(fault({.chain_pem = own.certificate_pem + cut, .key_pem = own.key_pem})
              .starts_with("tls_options::certificate.chain_pem can't be read: "));
  }
}
