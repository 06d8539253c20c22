#include "tls_support.hpp"

#include <string>

// What a client says of TLS that fails: which alert came, or what OpenSSL found wrong.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

constexpr tls_versions both[] = {tls_versions::all, tls_versions::only_1_2};

const std::string alert = "the server sent the TLS alert bad_record_mac";

}  // namespace

TEST_SUITE("loopback/tls_failures") {
  // With TLS 1.3 the client's side of the handshake is done by then.
  TEST_CASE("a certificate of the client is demanded") {
    const auto ca = make_ca();
    for (const auto versions : both) {
      CAPTURE(static_cast<int>(versions));
      scripted_server server{[](server_connection&) {},
                             {.tls = make_server_certificate(ca),
                              .versions = versions,
                              .from_clients = client_certificates::demanded}};
      const auto connected = connect_once(trusting(ca), server.url());
      CHECK(connected.error == wsx::condition::tls_failed);
      const bool old = versions == tls_versions::only_1_2;
      CHECK(connected.diagnostics.detail ==
            std::string("the server sent the TLS alert ") +
                (old ? "handshake_failure" : "certificate_required"));
    }
  }

  TEST_CASE(
      "an alert right behind the TLS handshake, and perhaps a reset before the request is out") {
    const auto ca = make_ca();
    for (const auto versions : both) {
      CAPTURE(static_cast<int>(versions));
      scripted_server server{[](server_connection& client) {
                               client.tls_fail();
                               client.reset();
                             },
                             {.tls = make_server_certificate(ca), .versions = versions}};
      const auto connected = connect_once(trusting(ca), server.url());
      CHECK(connected.error == wsx::errc::tls_failed);
      CHECK(connected.diagnostics.detail == alert);
    }
  }

  TEST_CASE("an alert on an open connection") {
    const auto ca = make_ca();
    for (const auto versions : both) {
      CAPTURE(static_cast<int>(versions));
      scripted_server server{[](server_connection& client) {
                               client.accept();
                               client.tls_fail();
                             },
                             {.tls = make_server_certificate(ca), .versions = versions}};
      test_client<> client{{}, trusting(ca)};
      client.open(server);
      const auto end = client.join();
      CHECK(end.error == wsx::errc::tls_failed);
      CHECK(end.reason.diagnostics.detail == alert);
    }
  }

  TEST_CASE("an alert that waits to be read when a write finds the connection reset") {
    const auto ca = make_ca();
    for (const auto versions : both) {
      CAPTURE(static_cast<int>(versions));
      gate gone;
      scripted_server server{[&](server_connection& client) {
                               client.accept();
                               client.send_text("hold");
                               client.tls_fail();
                               client.reset();
                               gone.open();
                             },
                             {.tls = make_server_certificate(ca), .versions = versions}};
      test_client<> client{{}, trusting(ca)};
      client.handler().on_text = [&](std::string_view) {
        gone.wait();
        return wsx::reply(wsx::text("too late"));
      };
      client.open(server);
      const auto end = client.join();
      CHECK(end.error == wsx::errc::tls_failed);
      CHECK(end.reason.diagnostics.detail == alert);
    }
  }

  TEST_CASE("a record that nobody encrypted") {
    const auto ca = make_ca();
    const std::string forged = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
    scripted_server server{[&](server_connection& client) {
                             client.accept();
                             client.send_beneath_tls(forged);
                             client.wait_eof();
                           },
                           {.tls = make_server_certificate(ca)}};
    test_client<> client{{}, trusting(ca)};
    client.open(server);
    CHECK(client.join().reason.diagnostics.detail ==
          "a TLS record was altered on its way, or not made for this connection");
  }

  TEST_CASE("the TLS handshake") {
    scripted_server server{[](server_connection& client) {
      client.send_raw("HTTP/1.1 400 You speak TLS to a plain port\r\n\r\n");
      client.wait_eof();
    }};
    const auto connected =
        connect_once(calm(), "wss://127.0.0.1:" + std::to_string(server.port()) + "/");
    CHECK(connected.error == wsx::errc::no_tls);
    CHECK(connected.diagnostics.detail == "the server does not speak TLS on this port: use ws");
  }

  TEST_CASE("a file that is not there") {
    auto options = calm();
    options.tls.ca_file = "/nowhere/ca.pem";
    const auto connected = connect_once(options, "wss://127.0.0.1:1/");
    CHECK(connected.error == wsx::errc::invalid_ca);
    CHECK(connected.diagnostics.detail ==
          "tls_options::ca_file \"/nowhere/ca.pem\" can't be read: " +
              std::make_error_code(std::errc::no_such_file_or_directory).message());
  }
}
