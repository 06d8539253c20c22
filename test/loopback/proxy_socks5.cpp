#include "tls_support.hpp"

#include <asio/error.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

// A client that connects by a SOCKS 5 proxy: RFC 1928, RFC 1929. The scripts are the proxy's, and
// where they accept, the server's behind it.

using namespace loopback_test;
using namespace wsx::testing;
using namespace std::string_literals;

namespace {

const auto granted = "\x05\x00\x00\x01\x7f\x00\x00\x01\x1f\x90"s;

// The request for feed.example and its port, 80 or 443.
constexpr std::size_t by_name = 4 + 1 + 12 + 2;
constexpr std::size_t by_ipv4 = 4 + 4 + 2;
constexpr std::size_t by_ipv6 = 4 + 16 + 2;

wsx::options by(const std::string& scheme, const scripted_server& proxy,
                wsx::options options = calm(), const std::string& user = "") {
  options.dial.proxy.url = scheme + "://" + user + "127.0.0.1:" + std::to_string(proxy.port());
  return options;
}

// Returns the request to connect.
std::string let_in(server_connection& client, std::size_t size) {
  CHECK(client.read_raw(3) == "\x05\x01\x00"s);
  client.send_raw("\x05\x00"s);
  return client.read_raw(size);
}

// What the client says of a proxy that lets it in, answers so, and ends.
outcome answered(const std::string& reply) {
  scripted_server proxy{[&](server_connection& client) {
    let_in(client, by_name);
    client.send_raw(reply);
  }};
  return connect_once(by("socks5h", proxy), "wss://feed.example/");
}

void check_through(const outcome& connected, wsx::errc error, const std::string& cause) {
  CHECK(connected.error == error);
  CHECK(connected.diagnostics.stage == wsx::connect_stage::proxy);
  CHECK(connected.diagnostics.message == "cannot connect to feed.example:443 through the proxy " +
                                             connected.diagnostics.proxy + ": " + cause);
}

}  // namespace

TEST_SUITE("loopback/proxy_socks5") {
  TEST_CASE("socks5h: the proxy gets the name; ws") {
    std::string asked;
    std::string request;
    scripted_server proxy{[&](server_connection& client) {
      asked = let_in(client, by_name);
      client.send_raw(granted);
      request = client.read_request().raw;
      accept_and_end(client);
    }};
    CHECK(connect_once(by("socks5h", proxy), "ws://feed.example/").ok());
    proxy.wait();
    CHECK(asked == "\x05\x01\x00\x03\x0c"s + "feed.example" + "\x00\x50"s);
    CHECK(request.starts_with("GET / HTTP/1.1\r\nHost: feed.example\r\n"));
  }

  TEST_CASE("wss: TLS is with the server, by its name") {
    const auto ca = make_ca();
    const auto own = make_server_certificate(ca, {.dns_names = {"feed.example"}});
    scripted_server proxy{[&](server_connection& client) {
      CHECK(let_in(client, by_name).ends_with("\x01\xbb"));
      client.send_raw(granted);
      client.start_tls(own);
      CHECK(client.server_name() == "feed.example");
      accept_and_end(client);
    }};
    CHECK(connect_once(by("socks5h", proxy, trusting(ca)), "wss://feed.example/").ok());
    proxy.wait();
  }

  TEST_CASE("socks5: the name is looked up here; what is found counts, with its port") {
    std::string asked;
    scripted_server proxy{[&](server_connection& client) {
      asked = let_in(client, by_ipv4);
      client.send_raw(granted);
      accept_and_end(client);
    }};
    auto options = by("socks5", proxy);
    std::vector<std::string> looked_up;
    options.dial.resolver = wsx::make_resolver([&](const std::string& host, std::uint16_t) {
      looked_up.push_back(host);
      return wsx::resolver::endpoints{{asio::ip::make_address("192.0.2.7"), 8081}};
    });
    CHECK(connect_once(options, "ws://feed.example/").ok());
    proxy.wait();
    CHECK(asked == "\x05\x01\x00\x01\xc0\x00\x02\x07\x1f\x91"s);
    CHECK(looked_up == std::vector<std::string>{"feed.example"});
  }

  TEST_CASE("socks5: a name that is not found: the proxy is not asked") {
    scripted_server proxy{[](server_connection&) {}};
    const auto connected = connect_once(by("socks5", proxy), "ws://feed.invalid/");
    CHECK(connected.error == asio::error::host_not_found);
    CHECK(connected.diagnostics.message ==
          "cannot connect to feed.invalid:80 through the proxy 127.0.0.1:" +
              std::to_string(proxy.port()) +
              ": resolving the name: feed.invalid: no host has that name");
    CHECK(proxy.connections() == 0);
  }

  TEST_CASE("addresses are sent as such, by both") {
    for (const char* const scheme : {"socks5", "socks5h"}) {
      CAPTURE(scheme);
      std::string asked;
      std::size_t size = by_ipv4;
      scripted_server proxy{[&](server_connection& client) {
        asked = let_in(client, size);
        client.send_raw(granted);
        accept_and_end(client);
      }};
      CHECK(connect_once(by(scheme, proxy), "ws://192.0.2.1:8080/").ok());
      proxy.wait(1);
      CHECK(asked == "\x05\x01\x00\x01\xc0\x00\x02\x01\x1f\x90"s);
      size = by_ipv6;
      CHECK(connect_once(by(scheme, proxy), "ws://[2001:db8::1]/").ok());
      proxy.wait(2);
      CHECK(asked == "\x05\x01\x00\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\0\x50"s);
    }
  }

  TEST_CASE("RFC 1929: a name and password; every byte alone") {
    std::string request;
    scripted_server proxy{[&](server_connection& client) {
      client.chunk(1);
      CHECK(client.read_raw(4) == "\x05\x02\x00\x02"s);
      client.send_raw("\x05\x02"s);
      CHECK(client.read_raw(11) ==
            "\x01\x02me\x06"
            "secret");
      client.send_raw("\x01\x00"s);
      client.read_raw(by_name);
      client.send_raw(granted);
      request = client.read_request().raw;
      accept_and_end(client);
    }};
    CHECK(connect_once(by("socks5h", proxy, calm(), "me:secret@"), "ws://feed.example/").ok());
    proxy.wait();
    CHECK(request.find("Authorization") == std::string::npos);
  }

  TEST_CASE("a password that the proxy does not take, or wants") {
    scripted_server proxy{[&](server_connection& client) {
      client.read_raw(4);
      client.send_raw("\x05\x02"s);
      client.read_raw(11);
      client.send_raw("\x01\x01"s);
    }};
    const auto refused =
        connect_once(by("socks5h", proxy, calm(), "me:secret@"), "wss://feed.example/");
    check_through(refused, wsx::errc::proxy_authentication_required,
                  "the proxy does not take the name and password of its URL");
    CHECK(refused.error == wsx::condition::permanent);
    scripted_server strict{[&](server_connection& client) {
      client.read_raw(3);
      client.send_raw("\x05\xff"s);
    }};
    check_through(connect_once(by("socks5h", strict), "wss://feed.example/"),
                  wsx::errc::proxy_authentication_required,
                  "the proxy demands authentication; its URL has no name and password");
  }

  TEST_CASE("what the proxy refuses, for now or for good") {
    const auto later = answered("\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00"s);
    check_through(later, wsx::errc::proxy_refused_for_now,
                  "the proxy could not connect: connection refused (SOCKS reply 5)");
    CHECK(later.error == wsx::condition::transient);
    const auto never = answered("\x05\x02"s);
    check_through(
        never, wsx::errc::proxy_refused,
        "the proxy could not connect: connection not allowed by its rules (SOCKS reply 2)");
    CHECK(never.error == wsx::condition::permanent);
  }

  TEST_CASE("no answer, half of one, garbage, too much") {
    check_through(answered(""), wsx::errc::proxy_dropped,
                  "the proxy ended the connection before it had connected");
    check_through(answered(granted.substr(0, 9)), wsx::errc::proxy_dropped,
                  "the proxy ended the connection before it had connected");
    check_through(answered("HTTP/1.1 400 Bad Request\r\n\r\n"), wsx::errc::malformed_proxy_answer,
                  "the proxy's answer is not one of SOCKS 5: it has version 72; if it is an HTTP "
                  "proxy, use http");
    check_through(answered(granted + "x"), wsx::errc::malformed_proxy_answer,
                  "the proxy's answer is not one of SOCKS 5: it has more than an answer");
  }

  TEST_CASE("a proxy that answers nothing is given up after connect_timeout") {
    auto options = calm();
    options.connect_timeout = std::chrono::milliseconds(50);
    scripted_server silent{[](server_connection& client) { client.wait_eof(); }};
    check_through(connect_once(by("socks5h", silent, options), "wss://feed.example/"),
                  wsx::errc::connect_timeout,
                  "waiting for the proxy's answer: not finished within 0.05 s (connect_timeout)");
  }
}
