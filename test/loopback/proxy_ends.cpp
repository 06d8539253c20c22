#include "connect_proxy.hpp"
#include "interrupting.hpp"

#include <wsx/testing/certificates.hpp>

#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <atomic>
#include <memory>
#include <string>

// Connecting by a proxy that is canceled, aborted, or whose client is destroyed, wherever that
// meets it.

using namespace loopback_test;
using namespace wsx::testing;
using namespace std::string_literals;

namespace {

// The proxy is for hosts elsewhere.
wsx::options by(const std::string& scheme, std::uint16_t port, wsx::options options = patient()) {
  options.dial.proxy.url = scheme + "://127.0.0.1:" + std::to_string(port);
  options.dial.proxy.no_proxy = "127.0.0.1";
  return options;
}

wsx::options trusting_proxy(wsx::options options, const certificate& ca) {
  options.dial.proxy.tls = std::make_shared<const wsx::tls_options>(
      wsx::tls_options().set(&wsx::tls_options::ca_pem, ca.certificate_pem));
  return options;
}

}  // namespace

TEST_SUITE("loopback/proxy_ends") {
  TEST_CASE("at each step, by each kind of way") {
    const auto ca = make_ca();
    scripted_server server{[](server_connection& client) {
                             client.accept();
                             client.wait_eof();
                           },
                           {.tls = make_server_certificate(ca, {.dns_names = {"feed.example"}})}};
    const std::string url = "wss://feed.example:" + std::to_string(server.port()) + "/";
    for (const bool tls : {false, true}) {
      connect_proxy proxy{tls ? std::optional(make_server_certificate(ca)) : std::nullopt};
      const auto options =
          trusting_proxy(by(tls ? "https" : "http", proxy.port(), patient_trusting(ca)), ca);
      for (const auto how : interruptions) {
        CAPTURE(tls);
        CAPTURE(static_cast<int>(how));
        CHECK(interrupt_each_step(how, url, options) > 0);  // how often is up to the machine
      }
    }
  }

  TEST_CASE("at each step of SOCKS 5") {
    scripted_server proxy{[](server_connection& client) {
      client.read_raw(4);
      client.send_raw("\x05\x02"s);
      client.read_raw(9);
      client.send_raw("\x01\x00"s);
      client.read_raw(19);
      client.send_raw("\x05\x00\x00\x01\x7f\x00\x00\x01\x1f\x90"s);
      client.accept();
      client.wait_eof();
    }};
    auto options = patient();
    options.dial.proxy.url = "socks5h://a:bcdef@127.0.0.1:" + std::to_string(proxy.port());
    for (const auto how : interruptions) {
      CAPTURE(static_cast<int>(how));
      CHECK(interrupt_each_step(how, "ws://feed.example/", options) > 0);
    }
  }

  TEST_CASE("while the proxy reads, and says nothing") {
    for (const std::string scheme : {"http", "socks5h"}) {
      CAPTURE(scheme);
      std::atomic<int> asked{0};
      scripted_server proxy{[&](server_connection& client) {
        client.read_raw(3);
        ++asked;
        client.wait_eof();
      }};
      interrupt_all("wss://feed.example/", by(scheme, proxy.port()), asked);
    }
  }

  TEST_CASE("behind each answer of SOCKS 5: no other comes") {
    for (const int answers : {1, 2, 3}) {
      CAPTURE(answers);
      std::atomic<int> asked{0};
      scripted_server proxy{[&](server_connection& client) {
        client.read_raw(4);
        client.send_raw("\x05\x02"s);
        client.read_raw(9);
        if (answers > 1) client.send_raw("\x01\x00"s);
        if (answers > 1) client.read_raw(19);
        if (answers > 2) client.send_raw("\x05\x00\x00\x01\x7f\x00"s);  // half of it
        ++asked;
        client.wait_eof();
      }};
      auto options = by("socks5h", proxy.port());
      options.dial.proxy.url = "socks5h://a:bcdef@127.0.0.1:" + std::to_string(proxy.port());
      interrupt_all("ws://feed.example/", options, asked);
    }
  }

  TEST_CASE("in the TLS handshake with the proxy, and within that TLS") {
    const auto ca = make_ca();
    std::atomic<int> greeted{0};
    scripted_server mute{[&](server_connection& client) {
      client.read_raw(1);
      ++greeted;
      client.wait_eof();
    }};
    interrupt_all("wss://feed.example/", trusting_proxy(by("https", mute.port()), ca), greeted);
    std::atomic<int> asked{0};
    scripted_server silent{[&](server_connection& client) {
                             client.read_request();
                             ++asked;
                             client.wait_eof();
                           },
                           {.tls = make_server_certificate(ca)}};
    interrupt_all("wss://feed.example/", trusting_proxy(by("https", silent.port()), ca), asked);
  }

  TEST_CASE("in the TLS handshake with the server, behind the proxy") {
    std::atomic<int> greeted{0};
    scripted_server proxy{[&](server_connection& client) {
      client.read_request();
      client.respond("HTTP/1.1 200 OK\r\n\r\n");
      client.read_raw(1);
      ++greeted;
      client.wait_eof();
    }};
    interrupt_all("wss://feed.example/", by("http", proxy.port()), greeted);
  }
}
