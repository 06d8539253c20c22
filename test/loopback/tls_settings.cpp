#include "tls_support.hpp"

#include <wsx/testing/temp_dir.hpp>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <vector>

// What a TLS connection offers, and what it demands of the server's certificate beside its
// verification.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

// Computed in another way than by the library: by OpenSSL's digest of the key.
std::string pin_of(const certificate& c) {
  const auto free_bio = [](BIO* b) { BIO_free(b); };
  const auto free_x509 = [](X509* x) { X509_free(x); };
  const std::unique_ptr<BIO, decltype(free_bio)> in(BIO_new_mem_buf(c.certificate_pem.data(), -1),
                                                    free_bio);
  const std::unique_ptr<X509, decltype(free_x509)> x509(
      PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr), free_x509);
  std::array<unsigned char, 512> der{};
  unsigned char* at = der.data();
  const int size = i2d_PUBKEY(X509_get0_pubkey(x509.get()), &at);
  std::array<unsigned char, 32> digest{};
  EVP_Digest(der.data(), static_cast<std::size_t>(size), digest.data(), nullptr, EVP_sha256(),
             nullptr);
  std::array<unsigned char, 45> text{};
  EVP_EncodeBlock(text.data(), digest.data(), 32);
  return reinterpret_cast<const char*>(text.data());
}

outcome connect_with(const scripted_server& server, const wsx::options& base, auto change) {
  auto options = base;
  change(options.tls);
  return connect_once(options, server.url());
}

// What is said of an option that can't be used.
std::string fault(auto change) {
  const auto ca = make_ca();
  auto server = tls_server(make_server_certificate(ca));
  const auto connected = connect_with(server, trusting(ca), change);
  CHECK(connected.error == wsx::errc::invalid_option);
  CHECK(server.connections() == 0);
  return connected.diagnostics.detail;
}

}  // namespace

TEST_SUITE("loopback/tls_settings") {
  TEST_CASE("pins: the server's key, its authority's, or one of several") {
    const auto ca = make_ca();
    const auto own = make_server_certificate(ca);
    auto server = tls_server(own);
    const std::string other = pin_of(make_ca("another"));
    using pins = std::vector<std::string>;
    for (const pins& good : {pins{pin_of(own)}, pins{pin_of(ca)}, pins{other, pin_of(own)}}) {
      CHECK(connect_with(server, trusting(ca), [&](auto& tls) { tls.pins = good; }).ok());
    }
    const auto refused = connect_with(server, trusting(ca), [&](auto& tls) { tls.pins = {other}; });
    CHECK(refused.error == wsx::errc::pin_mismatch);
    CHECK(refused.error == wsx::condition::permanent);
    CHECK(refused.error == wsx::condition::tls_failed);
    CHECK(refused.diagnostics.stage == wsx::connect_stage::tls);
    CHECK(refused.diagnostics.detail ==
          "none of tls_options::pins is in the server's certificates; that of its own one is " +
              pin_of(own));
  }

  TEST_CASE("pins: in addition to verification, unless there is none") {
    const auto own = make_self_signed_certificate();
    auto server = tls_server(own);
    const auto pinned = [&](auto& tls) { tls.pins = {pin_of(own)}; };
    CHECK(connect_with(server, trusting(make_ca()), pinned).error ==
          wsx::errc::certificate_rejected);
    auto trusting_all = calm();
    trusting_all.tls.verify = false;
    CHECK(connect_with(server, trusting_all, pinned).ok());
    CHECK(connect_with(server, trusting_all, [&](auto& tls) {
            tls.pins = {pin_of(make_ca())};
          }).error == wsx::errc::pin_mismatch);
  }

  TEST_CASE("pins: a session of a server that was refused is not resumed") {
    for (const auto versions : {tls_versions::all, tls_versions::only_1_2}) {
      const auto ca = make_ca();
      scripted_server server{accept_and_end,
                             {.tls = make_server_certificate(ca), .versions = versions}};
      auto options = trusting(ca);
      options.tls.share = wsx::make_tls_share();
      options.tls.pins = {pin_of(make_ca("another"))};
      for (int i = 0; i < 3; ++i)
        CHECK(connect_once(options, server.url()).error == wsx::errc::pin_mismatch);
      options.tls.pins = {pin_of(ca)};
      for (int i = 0; i < 3; ++i) CHECK(connect_once(options, server.url()).ok());
    }
  }

  TEST_CASE("partial_chain: an intermediate certificate or the server's own one is trusted") {
    const auto root = make_ca();
    const auto between = make_intermediate_ca(root);
    const auto own = make_server_certificate(between);
    auto server = tls_server(own);
    for (const auto& anchor : {between, own}) {
      CHECK(
          connect_with(server, trusting(anchor), [](auto& tls) { tls.partial_chain = true; }).ok());
      CHECK(connect_with(server, trusting(anchor), [](auto&) {}).error ==
            wsx::errc::certificate_rejected);
    }
  }

  TEST_CASE("versions") {
    const auto ca = make_ca();
    const auto own = make_server_certificate(ca);
    scripted_server old{accept_and_end, {.tls = own, .versions = tls_versions::only_1_2}};
    scripted_server both{accept_and_end, {.tls = own}};
    CHECK(connect_with(old, trusting(ca), [](auto& tls) {
            tls.max_version = wsx::tls_version::tls_1_2;
          }).ok());
    CHECK(connect_with(both, trusting(ca), [](auto& tls) {
            tls.min_version = wsx::tls_version::tls_1_3;
          }).ok());
    const auto refused = connect_with(
        old, trusting(ca), [](auto& tls) { tls.min_version = wsx::tls_version::tls_1_3; });
    CHECK(refused.error == wsx::errc::tls_handshake_failed);
    CHECK(refused.diagnostics.detail == "the server sent the TLS alert protocol_version");
    CHECK(fault([](auto& tls) {
            tls.min_version = wsx::tls_version::tls_1_3;
            tls.max_version = wsx::tls_version::tls_1_2;
          }) == "tls_options::min_version is above max_version");
  }

  TEST_CASE("ciphers: what is offered is what is agreed on") {
    const auto ca = make_ca();
    const auto own = make_server_certificate(ca);
    const auto cipher_of = [&](tls_versions versions, auto change) {
      gate asked;
      scripted_server server{[&](server_connection& client) {
                               client.accept();
                               asked.wait();
                               client.send_close(1000);
                               client.expect_close(1000);
                             },
                             {.tls = own, .versions = versions}};
      auto options = trusting(ca);
      change(options.tls);
      test_client<> client{{}, options};
      client.open(server);
      const auto tls = client.status().tls;
      asked.open();
      (void)client.join();
      const std::string cipher = tls ? tls->cipher : "none";
      return cipher;
    };
    CHECK(cipher_of(tls_versions::only_1_2, [](auto& tls) {
            tls.ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305";
          }) == "ECDHE-ECDSA-CHACHA20-POLY1305");
    CHECK(cipher_of(tls_versions::all, [](auto& tls) {
            tls.cipher_suites = "TLS_AES_128_GCM_SHA256";
          }) == "TLS_AES_128_GCM_SHA256");
    CHECK(fault([](auto& tls) { tls.ciphers = "nonsense"; }) ==
          "tls_options::ciphers \"nonsense\" has none that OpenSSL knows");
    CHECK(fault([](auto& tls) { tls.cipher_suites = "nonsense"; }) ==
          "tls_options::cipher_suites \"nonsense\" has one that OpenSSL does not know");
  }

  TEST_CASE("what is no pin, or no name of a protocol") {
    CHECK(fault([](auto& tls) {
            tls.pins = {pin_of(make_ca()), "short"};
          }) == "tls_options::pins[1] is not a SHA-256 in Base64");
    CHECK(fault([](auto& tls) { tls.pins = {std::string(43, 'a') + "b"}; }) ==
          "tls_options::pins[0] is not a SHA-256 in Base64");
    CHECK(fault([](auto& tls) { tls.alpn = {""}; }) ==
          "tls_options::alpn has a name that is not of 1 to 255 bytes");
    CHECK(fault([](auto& tls) {
            tls.alpn = {"http/1.1", std::string(256, 'a')};
          }) == "tls_options::alpn has a name that is not of 1 to 255 bytes");
  }

  TEST_CASE("configure sees each context once, with all options applied") {
    const auto ca = make_ca();
    auto server = tls_server(make_server_certificate(ca));
    int seen = 0;
    long version = 0;
    std::string offered;
    auto options = trusting(ca);
    options.tls.min_version = wsx::tls_version::tls_1_3;
    options.tls.alpn = {"http/1.1"};
    options.tls.share = wsx::make_tls_share();
    options.tls.configure = [&](SSL_CTX* context) {
      ++seen;
      version = SSL_CTX_get_min_proto_version(context);
    };
    CHECK(connect_once(options, server.url()).ok());
    CHECK(connect_once(options, server.url()).ok());
    CHECK(seen == 1);
    CHECK(version == TLS1_3_VERSION);
  }

  TEST_CASE("a key log has the secrets of each connection, for its owner only") {
    const temp_dir dir;
    const auto path = dir.path() / "keys.log";
    const auto ca = make_ca();
    auto server = tls_server(make_server_certificate(ca));
    auto options = trusting(ca);
    options.tls.key_log_file = path.string();
    CHECK(connect_once(options, server.url()).ok());
    const auto first = std::filesystem::file_size(path);
    CHECK(connect_once(options, server.url()).ok());
    CHECK(std::filesystem::file_size(path) > first);
    std::ifstream log(path);
    std::string line;
    CHECK(std::getline(log, line));
    CHECK(line.find("_TRAFFIC_SECRET") != std::string::npos);
    using std::filesystem::perms;
    CHECK(std::filesystem::status(path).permissions() == (perms::owner_read | perms::owner_write));
    CHECK(fault([](auto& tls) { tls.key_log_file = "/no/such/folder/keys.log"; }) ==
          "tls_options::key_log_file \"/no/such/folder/keys.log\" can't be opened");
  }
}
