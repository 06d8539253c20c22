#include "../common/noise.hpp"
#include "tls_support.hpp"

#include <wsx/testing/echo_server.hpp>
#include <wsx/testing/temp_dir.hpp>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <cstdio>
#include <memory>

// Whom a client trusts, and how it goes on from there. RFC 9525, RFC 6066 3.

using namespace loopback_test;
using namespace wsx::testing;
using common_test::noise;

namespace {

// The file name under which OpenSSL looks for a certificate in a directory.
std::string hashed_name(const certificate& of) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> source(
      BIO_new_mem_buf(of.certificate_pem.data(), -1), &BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> read(
      PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr), &X509_free);
  std::array<char, 16> name{};
  std::snprintf(name.data(), name.size(), "%08lx.0", X509_subject_name_hash(read.get()));
  return name.data();
}

}  // namespace

TEST_SUITE("loopback/tls") {
  TEST_CASE("secure connect") {
    const auto ca = make_ca();
    auto server = tls_server(make_server_certificate(ca));
    CHECK(connect_once(trusting(ca), server.url()).ok());
    server.wait();
  }

  TEST_CASE("secure connect, with a client for wss only") {
    const auto ca = make_ca();
    auto server = tls_server(make_server_certificate(ca));
    test_client<recorder, wsx::tls_transport> client{{}, trusting(ca)};
    client.open(server);
    CHECK(client.join().error == std::error_code());
    server.wait();
  }

  TEST_CASE("the status tells version, cipher, resumption and the certificate's end") {
    const auto ca = make_ca();
    scripted_server server{[](server_connection& client) {
                             client.accept();
                             client.wait_eof();
                           },
                           {.tls = make_server_certificate(ca)}};
    test_client<> client{{}, trusting(ca)};
    CHECK(!client.status().tls);
    client.open(server);
    const auto tls = client.status().tls;
    REQUIRE(tls);
    CHECK(tls->version == "TLSv1.3");
    CHECK(tls->cipher.starts_with("TLS_"));
    CHECK(!tls->resumed);
    REQUIRE(tls->certificate_expiry);
    const auto left = *tls->certificate_expiry - std::chrono::system_clock::now();
    CHECK(left > std::chrono::minutes(30));
    CHECK(left < std::chrono::hours(48));
    client->abort();
    client.join();
    CHECK(!client.status().tls);
    server.wait();
  }

  TEST_CASE("by default a CA that the system does not know is refused") {
    auto server = tls_server(make_server_certificate(make_ca()));
    check_refused(connect_once(calm(), server.url()), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                  server_subject);
  }

  TEST_CASE("another CA than those trusted is refused") {
    auto server = tls_server(make_server_certificate(make_ca("one")));
    check_refused(connect_once(trusting(make_ca("another")), server.url()),
                  X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, server_subject,
                  R"(its certificate was issued by "CN=one", which is not among the trusted ones )"
                  "(set tls_options::ca_file)");
  }

  TEST_CASE("ca_file, ca_path and a ca_pem of several are trusted") {
    const auto ca = make_ca();
    auto server = tls_server(make_server_certificate(ca));
    const temp_dir dir;
    auto options = calm();
    SUBCASE("ca_file") {
      options.tls.ca_file = dir.write("ca.pem", ca.certificate_pem).string();
    }
    SUBCASE("ca_path") {
      dir.write(hashed_name(ca), ca.certificate_pem);
      options.tls.ca_path = dir.path().string();
    }
    SUBCASE("ca_pem") {
      options.tls.ca_pem = make_ca("another").certificate_pem + "a comment\n" + ca.certificate_pem;
    }
    SUBCASE("one of each") {
      options.tls.ca_file = dir.write("ca.pem", ca.certificate_pem).string();
      options.tls.ca_pem = make_ca("another").certificate_pem;
    }
    CHECK(connect_once(options, server.url()).ok());
    server.wait();
  }

  TEST_CASE("a ca_path without the certificate is refused") {
    auto server = tls_server(make_server_certificate(make_ca()));
    const temp_dir dir;
    auto options = calm();
    options.tls.ca_path = dir.path().string();
    check_refused(connect_once(options, server.url()), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                  server_subject);
  }

  TEST_CASE("the certificate must be made for the host") {
    const auto ca = make_ca();
    auto server = tls_server(
        make_server_certificate(ca, {.dns_names = {"localhost"}, .ip_addresses = {"127.0.0.1"}}));
    auto other = tls_server(
        make_server_certificate(ca, {.dns_names = {"example.com"}, .ip_addresses = {"192.0.2.1"}}));
    SUBCASE("right name") {
      CHECK(connect_once(trusting(ca), server.url("/", "localhost")).ok());
    }
    SUBCASE("right address") {
      CHECK(connect_once(trusting(ca), server.url()).ok());
    }
    SUBCASE("wrong name") {
      const auto connected = connect_once(trusting(ca), other.url("/", "localhost"));
      check_refused(connected, X509_V_ERR_HOSTNAME_MISMATCH, server_subject,
                    "its certificate is for example.com and 192.0.2.1, not for localhost");
      CHECK(connected.diagnostics.certificate_wanted == "localhost");
      CHECK(connected.diagnostics.certificate_names ==
            std::vector<std::string>{"example.com", "192.0.2.1"});
    }
    SUBCASE("wrong address") {
      check_refused(connect_once(trusting(ca), other.url()), X509_V_ERR_IP_ADDRESS_MISMATCH,
                    server_subject,
                    "its certificate is for example.com and 192.0.2.1, not for 127.0.0.1");
    }
  }

  TEST_CASE("a name does not stand for an address") {
    const auto ca = make_ca();
    auto server =
        tls_server(make_server_certificate(ca, {.dns_names = {"127.0.0.1"}, .ip_addresses = {}}));
    check_refused(connect_once(trusting(ca), server.url()), X509_V_ERR_IP_ADDRESS_MISMATCH,
                  server_subject);
  }

  TEST_CASE("an IPv6 address in the certificate") {
    const auto ca = make_ca();
    scripted_server server{
        accept_and_end,
        {.tls = make_server_certificate(ca, {.dns_names = {}, .ip_addresses = {"::1"}}),
         .host = "::1"}};
    CHECK(connect_once(trusting(ca), server.url()).ok());
    server.wait();
  }

  TEST_CASE("a certificate out of its time is refused") {
    const auto ca = make_ca();
    auto expired = tls_server(make_server_certificate(ca, {.valid = validity::expired}));
    const auto too_late = connect_once(trusting(ca), expired.url());
    check_refused(too_late, X509_V_ERR_CERT_HAS_EXPIRED, server_subject);
    CHECK(too_late.diagnostics.detail.starts_with("its certificate expired on 20"));
    CHECK(too_late.diagnostics.detail.ends_with(" UTC"));
    auto future = tls_server(make_server_certificate(ca, {.valid = validity::not_yet}));
    const auto too_early = connect_once(trusting(ca), future.url());
    check_refused(too_early, X509_V_ERR_CERT_NOT_YET_VALID, server_subject);
    CHECK(too_early.diagnostics.detail.starts_with("its certificate is not valid before 20"));
  }

  TEST_CASE("a self-signed certificate is refused") {
    auto server = tls_server(make_self_signed_certificate());
    const auto connected = connect_once(calm(), server.url());
    check_refused(connected, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
                  connected.diagnostics.certificate_subject,
                  "its certificate is self-signed: it is not among the trusted ones "
                  "(set tls_options::ca_file)");
    CHECK_FALSE(connected.diagnostics.certificate_subject.empty());
  }

  TEST_CASE("without verification anything is taken") {
    auto options = calm();
    options.tls.verify = false;
    auto self_signed = tls_server(make_self_signed_certificate());
    CHECK(connect_once(options, self_signed.url()).ok());
    auto expired = tls_server(make_server_certificate(
        make_ca(), {.dns_names = {"example.com"}, .ip_addresses = {}, .valid = validity::expired}));
    CHECK(connect_once(options, expired.url("/", "localhost")).ok());
  }

  TEST_CASE("server name indication: the name without the port, none for an address") {
    const auto ca = make_ca();
    std::string asked = "nothing yet";
    scripted_server server{
        [&](server_connection& client) {
          asked = client.server_name();
          accept_and_end(client);
        },
        {.tls = make_server_certificate(ca, {.dns_names = {"localhost", "front.example"}})}};
    CHECK(connect_once(trusting(ca), server.url("/", "localhost")).ok());
    server.wait(1);
    CHECK(asked == "localhost");
    CHECK(connect_once(trusting(ca), server.url()).ok());
    server.wait(2);
    CHECK(asked == "");

    // The option asks for another name, which the certificate then must bear.
    auto options = trusting(ca);
    options.tls.server_name = "front.example";
    CHECK(connect_once(options, server.url()).ok());
    server.wait(3);
    CHECK(asked == "front.example");
    options.tls.server_name = "other.example";
    check_refused(connect_once(options, server.url()), X509_V_ERR_HOSTNAME_MISMATCH,
                  server_subject);
  }

  TEST_CASE("a server that speaks only TLS 1.1 is refused") {
    const auto ca = make_ca();
    scripted_server server{
        accept_and_end, {.tls = make_server_certificate(ca), .versions = tls_versions::only_1_1}};
    const auto connected = connect_once(trusting(ca), server.url());
    CHECK(connected.error == wsx::errc::tls_handshake_failed);
    CHECK(connected.error == wsx::condition::tls_failed);
    CHECK(connected.diagnostics.certificate_error == 0);
    CHECK(connected.diagnostics.detail == "the server sent the TLS alert protocol_version");
  }

  TEST_CASE("a server that speaks no TLS is refused, and that is said") {
    for (const std::string first :
         {"HTTP/1.1 400 You speak TLS to a plain port\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
          "220 mail.example ESMTP\r\n", "GET / HTTP/1.1\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\n\r\n"}) {
      CAPTURE(first);
      scripted_server server{[&](server_connection& client) {
        client.send_raw(first);
        client.wait_eof();
      }};
      const auto connected =
          connect_once(calm(), "wss://127.0.0.1:" + std::to_string(server.port()) + "/");
      CHECK(connected.error == wsx::errc::no_tls);
      CHECK(connected.diagnostics.stage == wsx::connect_stage::tls);
      CHECK(connected.diagnostics.detail == "the server does not speak TLS on this port: use ws");
    }
  }

  TEST_CASE("a certificate that names its host in its subject alone, or not at all") {
    const auto ca = make_ca();
    const auto refused = [&](const std::string& common_name) {
      auto server = tls_server(make_server_certificate(
          ca, {.common_name = common_name, .dns_names = {}, .ip_addresses = {}}));
      return connect_once(trusting(ca), server.url("/", "localhost"));
    };
    const auto named = refused("localhost");
    CHECK(named.diagnostics.detail ==
          "its certificate names localhost in its subject only, which does not count: it needs a "
          "subjectAltName");
    CHECK(named.diagnostics.certificate_names == std::vector<std::string>{"localhost"});
  }

  TEST_CASE("names of a certificate: many are cut, what is no text is escaped") {
    const auto ca = make_ca();
    std::vector<std::string> names;
    for (int i = 0; i < 30; ++i) names.push_back("host" + std::to_string(i) + ".example");
    auto server = tls_server(make_server_certificate(
        ca, {.common_name = "a\x1b[m, O=\xe2\x80\xaey", .dns_names = names, .ip_addresses = {}}));
    const auto connected = connect_once(trusting(ca), server.url("/", "localhost"));
    CHECK(connected.diagnostics.certificate_names.size() == 16);
    CHECK(connected.diagnostics.certificate_names.front() == "host0.example");
    CHECK(connected.diagnostics.detail ==
          "its certificate is for host0.example, host1.example, host2.example, host3.example, "
          "host4.example and others, not for localhost");
    CHECK(connected.diagnostics.certificate_subject == R"(CN=\"a\x1b[m, O=\u202ey\")");
  }

  TEST_CASE("a server that ends TCP in the TLS handshake") {
    scripted_server server{[](server_connection& client) { client.shutdown_send(); }};
    const auto connected =
        connect_once(calm(), "wss://127.0.0.1:" + std::to_string(server.port()) + "/");
    CHECK(connected.error == wsx::errc::tls_handshake_failed);
    CHECK(connected.diagnostics.detail == "the server ended the connection");
    CHECK(connected.diagnostics.certificate_error == 0);
  }

  TEST_CASE("CA certificates that can't be read: refused before connecting") {
    const auto ca = make_ca();
    const temp_dir dir;
    auto options = calm();
    std::string names;
    SUBCASE("ca_pem without a certificate") {
      options.tls.ca_pem = "no certificate at all";
      names = "ca_pem";
    }
    SUBCASE("ca_pem, broken") {
      options.tls.ca_pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
      names = "ca_pem";
    }
    SUBCASE("ca_pem, a good one and half of another") {
      options.tls.ca_pem = ca.certificate_pem + ca.certificate_pem.substr(0, 200);
      names = "ca_pem";
    }
    SUBCASE("ca_file that does not exist") {
      options.tls.ca_file = (dir.path() / "none.pem").string();
      names = "none.pem";
    }
    SUBCASE("ca_file that is none") {
      options.tls.ca_file = dir.write("text.pem", "hello").string();
      names = "text.pem";
    }
    scripted_server server{[](server_connection&) {}, {.state = port_state::refusing}};
    const auto connected =
        connect_once(options, "wss://127.0.0.1:" + std::to_string(server.port()) + "/");
    CHECK(connected.error == wsx::errc::invalid_ca);
    CHECK(connected.error == wsx::condition::tls_failed);
    CHECK(connected.diagnostics.detail.find(names) != std::string::npos);
  }

  TEST_CASE("the client ends TLS with close_notify") {
    const auto ca = make_ca();
    stream_end end = stream_end::open;
    scripted_server server{[&](server_connection& client) {
                             client.accept();
                             client.expect_close();
                             client.send_close();
                             client.tls_close_notify();
                             client.shutdown_send();
                             client.wait_eof();
                             end = client.ended();
                           },
                           {.tls = make_server_certificate(ca)}};
    test_client<> client{{}, trusting(ca)};
    client.open(server);
    CHECK(client.close() == std::error_code());
    CHECK(client.join().reason.clean);
    server.wait();
    CHECK(end == stream_end::orderly);
  }

  namespace {

  // Keeps the last message.
  struct keeper {
    std::string last{};
    int count = 0;

    void handle_frame(wsx::binary message) {
      last = wsx::as_chars(message.payload);
      ++count;
    }
  };

  }  // namespace

  TEST_CASE("large messages both ways") {
    const auto ca = make_ca();
    for (const bool tls : {true, false}) {
      CAPTURE(tls);
      server_options how;
      if (tls) how.tls = make_server_certificate(ca);
      scripted_server server{echo_script(), how};
      test_client<keeper> client{{}, trusting(ca)};
      client.open(server);
      int count = 0;
      constexpr std::size_t sizes[] = {16'383, 16'384, 16'385, 65'536, 5'000'000, 16 * 1024 * 1024};
      for (const std::size_t size : sizes) {
        CAPTURE(size);
        const auto sent = noise(size);
        CHECK(client.send(wsx::binary(sent)) == std::error_code());
        ++count;
        client.wait_until([&] { return client.handler().count == count; });
        CHECK((client.handler().last == sent));
      }
      CHECK(client.close() == std::error_code());
      CHECK(client.join().reason.clean);
      server.wait();
    }
  }

  TEST_CASE("both sides send several MB at once, and neither waits for the other") {
    const auto ca = make_ca();
    const auto large = noise(8'000'000);
    scripted_server server{[&](server_connection& client) {
                             client.accept();
                             client.send_binary(large);
                             client.expect_binary(large);
                             client.send_close(1000);
                             client.expect_close(1000);
                           },
                           {.tls = make_server_certificate(ca)}};
    test_client<keeper> client{{}, trusting(ca)};
    client.open(server);
    CHECK(client.send(wsx::binary(large)) == std::error_code());
    CHECK(client.join().error == std::error_code());
    CHECK((client.handler().last == large));
    server.wait();
  }
}
