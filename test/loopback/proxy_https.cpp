#include "connect_proxy.hpp"
#include "tls_support.hpp"

#include <wsx/testing/echo_server.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// A client that connects by an HTTPS proxy: what is said to the proxy is within TLS, and the
// connection to the server as well, which may have TLS of its own.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

constexpr std::string_view established = "HTTP/1.1 200 OK\r\n\r\n";

wsx::options by(const std::string& proxy_url, const certificate& proxy_ca,
                wsx::options options = calm()) {
  options.dial.proxy.url = proxy_url;
  options.dial.proxy.tls = std::make_shared<const wsx::tls_options>(
      wsx::tls_options().set(&wsx::tls_options::ca_pem, proxy_ca.certificate_pem));
  return options;
}

std::string url_of(const scripted_server& proxy, const std::string& host = "127.0.0.1") {
  return "https://" + host + ":" + std::to_string(proxy.port());
}

void check_through(const outcome& connected, const std::string& cause) {
  CHECK(connected.diagnostics.message == "cannot connect to feed.example:443 through the proxy " +
                                             connected.diagnostics.proxy + ": " + cause);
}

}  // namespace

TEST_SUITE("loopback/proxy_https") {
  TEST_CASE("ws within the TLS of the proxy, whose name is that of the proxy") {
    const auto ca = make_ca();
    std::string name;
    std::string asked;
    scripted_server proxy{[&](server_connection& client) {
                            name = client.server_name();
                            asked = client.read_request().raw;
                            client.respond(established);
                            accept_and_end(client);
                          },
                          {.tls = make_server_certificate(ca)}};
    CHECK(connect_once(by(url_of(proxy, "localhost"), ca), "ws://feed.example/").ok());
    proxy.wait();
    CHECK(name == "localhost");
    CHECK(asked.starts_with("CONNECT feed.example:80 HTTP/1.1\r\n"));
  }

  TEST_CASE("a client without TLS, too") {
    const auto ca = make_ca();
    scripted_server proxy{[&](server_connection& client) {
                            client.read_request();
                            client.respond(established);
                            accept_and_end(client);
                          },
                          {.tls = make_server_certificate(ca)}};
    test_client<recorder, wsx::tcp_transport> client{{}, by(url_of(proxy), ca)};
    client.open(wsx::request("ws://feed.example/"));
    CHECK(client.join().error == std::error_code());
  }

  TEST_CASE("messages of every size, both ways, in TLS and in TLS in TLS") {
    const auto proxy_ca = make_ca("proxy CA");
    const auto ca = make_ca("server CA");
    connect_proxy proxy{make_server_certificate(proxy_ca)};
    for (const bool secure : {false, true}) {
      CAPTURE(secure);
      server_options how;
      if (secure) how.tls = make_server_certificate(ca);
      scripted_server server{echo_script(), how};
      test_client<> client{{}, by(proxy.url(), proxy_ca, trusting(ca))};
      client.open(server.url());
      CHECK(client.status().tls.has_value() == secure);
      std::size_t count = client.handler().seen.size();
      for (const std::size_t size :
           {std::size_t{1}, std::size_t{17'000}, std::size_t{300'000}, std::size_t{5'000'000}}) {
        const std::string sent(size, 'x');
        CHECK_FALSE(client.send(wsx::text{sent}));
        CHECK(client.seen(++count).back() == "text " + sent);
      }
      const auto info = client.status().connection;
      REQUIRE(info);
      CHECK(info->peer_endpoint == "127.0.0.1:" + std::to_string(proxy.port()));
      CHECK_FALSE(client.close());
    }
    CHECK(proxy.requests().size() == 2);
  }

  TEST_CASE("many messages at once: what is read in one go is more than a buffer") {
    const auto ca = make_ca();
    for (const bool secure : {false, true}) {
      CAPTURE(secure);
      constexpr std::size_t many = 2000;
      const std::string payload(3000, 'y');
      server_options how;
      if (secure) how.tls = make_server_certificate(ca);
      scripted_server server{[&](server_connection& client) {
                               client.accept();
                               for (std::size_t i = 0; i < many; ++i) client.send_text(payload);
                               client.expect_close(1000);
                               client.send_close(1000);
                             },
                             how};
      connect_proxy proxy{make_server_certificate(ca)};
      test_client<> client{{}, by(proxy.url(), ca, trusting(ca))};
      client.open(server.url());
      CHECK(client.seen(2 + many).size() == 2 + many);
      CHECK_FALSE(client.close());
    }
  }

  TEST_CASE("credentials go to the proxy, within its TLS") {
    const auto ca = make_ca();
    connect_proxy proxy{make_server_certificate(ca)};
    scripted_server server{accept_and_end};
    const auto url = "https://me:secret@127.0.0.1:" + std::to_string(proxy.port());
    CHECK(connect_once(by(url, ca), server.url()).ok());
    REQUIRE(proxy.requests().size() == 1);
    CHECK(proxy.requests()[0].find("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n") !=
          std::string::npos);
  }

  TEST_CASE("a proxy that is not trusted is told nothing; trust in servers does not count") {
    const auto ca = make_ca();
    connect_proxy proxy{make_server_certificate(ca)};
    const auto refused =
        connect_once(by(proxy.url(), make_ca("another"), trusting(ca)), "wss://feed.example/");
    check_refused(refused, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, server_subject);
    check_through(refused,
                  "TLS with the proxy: its certificate was issued by \"CN=wsx test CA\", which is "
                  "not among the trusted ones (set tls_options::ca_file)");
    auto wrong_name = by("https://other.example:1", ca);
    wrong_name.dial.resolver = wsx::make_resolver([&](const std::string&, std::uint16_t) {
      return wsx::resolver::endpoints{{asio::ip::address_v4::loopback(), proxy.port()}};
    });
    check_refused(connect_once(wrong_name, "wss://feed.example/"), X509_V_ERR_HOSTNAME_MISMATCH,
                  server_subject);
    auto defaults = calm();
    defaults.dial.proxy.url = proxy.url();
    CHECK(connect_once(defaults, "wss://feed.example/").error == wsx::errc::certificate_rejected);
    CHECK(proxy.requests().empty());
  }

  TEST_CASE("the server behind a trusted proxy still has to be trusted") {
    const auto ca = make_ca();
    connect_proxy proxy{make_server_certificate(ca)};
    auto server = tls_server(make_server_certificate(ca));
    const auto refused =
        connect_once(by(proxy.url(), ca, trusting(make_ca("another"))), server.url());
    check_refused(refused, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, server_subject);
    CHECK(refused.diagnostics.detail.starts_with("its certificate was issued by"));
  }

  TEST_CASE("a proxy without TLS; CAs that can't be read; a refusal within TLS") {
    const auto ca = make_ca();
    scripted_server plain{
        [](server_connection& client) { client.send_raw("HTTP/1.1 400\r\n\r\n"); }};
    const auto no_tls = connect_once(by(url_of(plain), ca), "wss://feed.example/");
    CHECK(no_tls.error == wsx::errc::no_tls);
    check_through(no_tls, "the proxy does not speak TLS on this port: use http");

    auto unreadable = calm();
    unreadable.dial.proxy.url = url_of(plain);
    unreadable.dial.proxy.tls = std::make_shared<const wsx::tls_options>(
        wsx::tls_options().set(&wsx::tls_options::ca_pem, "nothing"));
    const auto invalid = connect_once(unreadable, "wss://feed.example/");
    CHECK(invalid.error == wsx::errc::invalid_ca);
    check_through(invalid, "TLS with the proxy: tls_options::ca_pem has no certificate");

    scripted_server refusing{[](server_connection& client) {
                               client.read_request();
                               client.send_raw("HTTP/1.1 403 No\r\n\r\n");
                             },
                             {.tls = make_server_certificate(ca)}};
    const auto no = connect_once(by(url_of(refusing), ca), "wss://feed.example/");
    CHECK(no.error == wsx::errc::proxy_refused);
    check_through(no, "the proxy answered HTTP 403 No");
  }

  TEST_CASE("sessions with the proxy are resumed with a share, those with the server as ever") {
    const auto ca = make_ca();
    std::vector<bool> with_proxy;
    std::vector<bool> with_server;
    scripted_server proxy{[&](server_connection& client) {
                            with_proxy.push_back(client.resumed());
                            client.read_request();
                            client.respond(established);
                            accept_and_end(client);
                          },
                          {.tls = make_server_certificate(ca)}};
    auto options = by(url_of(proxy), ca);
    auto tls = *options.dial.proxy.tls;
    tls.share = wsx::make_tls_share();
    options.dial.proxy.tls = std::make_shared<const wsx::tls_options>(tls);
    CHECK(connect_once(options, "ws://feed.example/").ok());
    proxy.wait(1);
    CHECK(connect_once(options, "ws://feed.example/").ok());
    proxy.wait(2);
    CHECK(with_proxy == std::vector{false, true});

    scripted_server server{[&](server_connection& client) {
                             with_server.push_back(client.resumed());
                             accept_and_end(client);
                           },
                           {.tls = make_server_certificate(ca)}};
    connect_proxy relaying{make_server_certificate(ca)};
    auto twice = by(relaying.url(), ca, trusting(ca));
    twice.tls.share = wsx::make_tls_share();
    CHECK(connect_once(twice, server.url()).ok());
    server.wait(1);
    CHECK(connect_once(twice, server.url()).ok());
    server.wait(2);
    CHECK(with_server == std::vector{false, true});
  }

  TEST_CASE("the proxy's connection breaks while it is open") {
    const auto ca = make_ca();
    scripted_server proxy{[&](server_connection& client) {
                            client.read_request();
                            client.respond(established);
                            client.accept();
                            client.expect_text("x");
                            client.tls_fail();
                          },
                          {.tls = make_server_certificate(ca)}};
    test_client<> client{{}, by(url_of(proxy), ca)};
    client.open(wsx::request("ws://feed.example/"));
    CHECK_FALSE(client.send(wsx::text{"x"}));
    const auto end = client.join();
    CHECK(end.error == wsx::errc::tls_failed);
    CHECK(end.reason.diagnostics.detail == "the server sent the TLS alert bad_record_mac");
  }

  TEST_CASE("a proxy that says nothing within TLS, or before, is given up after connect_timeout") {
    const auto ca = make_ca();
    auto options = calm();
    options.connect_timeout = std::chrono::milliseconds(100);
    scripted_server silent{[](server_connection& client) { client.wait_eof(); },
                           {.tls = make_server_certificate(ca)}};
    auto within = connect_once(by(url_of(silent), ca, options), "wss://feed.example/");
    // A busy machine may need longer for TLS.
    while (within.diagnostics.stage == wsx::connect_stage::tls &&
           options.connect_timeout < std::chrono::seconds(20)) {
      options.connect_timeout *= 2;
      within = connect_once(by(url_of(silent), ca, options), "wss://feed.example/");
    }
    CHECK(within.error == wsx::errc::connect_timeout);
    CHECK(within.diagnostics.stage == wsx::connect_stage::proxy);
    options.connect_timeout = std::chrono::milliseconds(100);
    scripted_server mute{[](server_connection& client) { client.wait_eof(); }};
    const auto before = connect_once(by(url_of(mute), ca, options), "wss://feed.example/");
    CHECK(before.error == wsx::errc::connect_timeout);
    CHECK(before.diagnostics.stage == wsx::connect_stage::tls);
    CHECK_FALSE(before.diagnostics.proxy.empty());
  }
}
