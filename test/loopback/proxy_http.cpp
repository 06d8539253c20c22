#include "connect_proxy.hpp"
#include "tls_support.hpp"

#include <wsx/testing/echo_server.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// A client that connects by an HTTP proxy, in the clear. The scripts are the proxy's, and where
// they accept, the server's behind it.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

constexpr std::string_view established = "HTTP/1.1 200 Connection established\r\n\r\n";

wsx::options by(const std::string& proxy_url, wsx::options options = calm()) {
  options.dial.proxy.url = proxy_url;
  return options;
}

wsx::options by(const scripted_server& proxy, const std::string& user = "",
                wsx::options options = calm()) {
  return by("http://" + user + "127.0.0.1:" + std::to_string(proxy.port()), std::move(options));
}

// What the client says of a proxy that answers so, and then ends.
outcome answered(const std::string& answer) {
  scripted_server proxy{[&](server_connection& client) {
    client.read_request();
    client.send_raw(answer);
  }};
  return connect_once(by(proxy), "wss://feed.example/");
}

std::string through(const scripted_server& proxy) {
  return "cannot connect to feed.example:443 through the proxy 127.0.0.1:" +
         std::to_string(proxy.port()) + ": ";
}

void check_through(const outcome& connected, wsx::errc error, const std::string& cause) {
  CHECK(connected.error == error);
  CHECK(connected.diagnostics.stage == wsx::connect_stage::proxy);
  CHECK(connected.diagnostics.host == "feed.example:443");
  CHECK(connected.diagnostics.proxy.starts_with("127.0.0.1:"));
  CHECK(connected.diagnostics.message == "cannot connect to feed.example:443 through the proxy " +
                                             connected.diagnostics.proxy + ": " + cause);
}

}  // namespace

TEST_SUITE("loopback/proxy_http") {
  TEST_CASE("ws: the proxy gets nothing of the server's request, and the server nothing of its") {
    std::string asked;
    std::string request;
    scripted_server proxy{[&](server_connection& client) {
      asked = client.read_request().raw;
      client.respond(established);
      request = client.read_request().raw;
      client.accept();
      client.send_close(1000);
      client.expect_close(1000);
    }};
    test_client<> client{{}, by(proxy, "me:secret@")};
    client.open(wsx::request("ws://me2:s2@feed.example/path?token=t").header("X-Token", "abc"));
    CHECK(client.join().error == std::error_code());
    proxy.wait();
    CHECK(
        asked.starts_with("CONNECT feed.example:80 HTTP/1.1\r\nHost: feed.example:80\r\n"
                          "Proxy-Authorization: Basic bWU6c2VjcmV0\r\nUser-Agent: wsx/"));
    CHECK(std::count(asked.begin(), asked.end(), '\n') == 5);
    CHECK(request.starts_with("GET /path?token=t HTTP/1.1\r\nHost: feed.example\r\n"));
    CHECK(request.find("Proxy") == std::string::npos);
    CHECK(request.find("bWU6c2VjcmV0") == std::string::npos);
    CHECK(request.find("X-Token: abc") != std::string::npos);
  }

  TEST_CASE("wss: TLS is with the server, by its name") {
    const auto ca = make_ca();
    const auto own = make_server_certificate(ca, {.dns_names = {"feed.example"}});
    std::string asked;
    std::string name;
    scripted_server proxy{[&](server_connection& client) {
      asked = client.read_request().raw;
      client.respond(established);
      client.start_tls(own);
      name = client.server_name();
      accept_and_end(client);
    }};
    CHECK(connect_once(by(proxy, "", trusting(ca)), "wss://feed.example:8443/").ok());
    proxy.wait();
    CHECK(asked.starts_with("CONNECT feed.example:8443 HTTP/1.1\r\n"));
    CHECK(name == "feed.example");
    check_refused(connect_once(by(proxy, "", trusting(make_ca("another"))), "wss://feed.example/"),
                  X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, server_subject);
  }

  TEST_CASE("messages of every size, both ways, in the clear and over TLS") {
    const auto ca = make_ca();
    connect_proxy proxy;
    for (const bool secure : {false, true}) {
      CAPTURE(secure);
      server_options how;
      if (secure) how.tls = make_server_certificate(ca);
      scripted_server server{echo_script(), how};
      test_client<> client{{}, by(proxy.url(), trusting(ca))};
      client.open(server.url());
      std::size_t count = client.handler().seen.size();
      for (const std::size_t size : {std::size_t{1}, std::size_t{70'000}, std::size_t{3'000'000}}) {
        const std::string sent(size, 'x');
        CHECK_FALSE(client.send(wsx::text{sent}));
        CHECK(client.seen(++count).back() == "text " + sent);
      }
      const auto info = client.status().connection;
      REQUIRE(info);
      CHECK(info->peer_endpoint == "127.0.0.1:" + std::to_string(proxy.port()));
    }
    CHECK(proxy.requests().size() == 2);
  }

  TEST_CASE("sessions are resumed with the server, which is behind the proxy") {
    const auto ca = make_ca();
    const auto own = make_server_certificate(ca);
    std::vector<bool> resumed;
    scripted_server server{[&](server_connection& client) {
                             resumed.push_back(client.resumed());
                             accept_and_end(client);
                           },
                           {.tls = own}};
    connect_proxy proxy;
    auto options = by(proxy.url(), trusting(ca));
    options.tls.share = wsx::make_tls_share();
    CHECK(connect_once(options, server.url()).ok());
    server.wait(1);
    CHECK(connect_once(options, server.url()).ok());
    server.wait(2);
    CHECK(resumed == std::vector{false, true});
  }

  TEST_CASE("HTTP/1.0") {
    scripted_server proxy{[&](server_connection& client) {
      client.read_request();
      client.respond("HTTP/1.0 200 OK\r\nProxy-agent: x\r\n\r\n");
      accept_and_end(client);
    }};
    CHECK(connect_once(by(proxy), "ws://feed.example/").ok());
  }

  TEST_CASE("the answer byte by byte") {
    scripted_server proxy{[&](server_connection& client) {
      client.read_request();
      client.chunk(1);
      client.respond(established);
      accept_and_end(client);
    }};
    CHECK(connect_once(by(proxy), "ws://feed.example/").ok());
  }

  TEST_CASE("407, 403, 502") {
    check_through(
        answered("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: "
                 "Basic realm=\"x\"\r\nContent-Length: 3\r\n\r\nno!"),
        wsx::errc::proxy_authentication_required,
        "the proxy answered HTTP 407 Proxy Authentication Required: it asks for Basic, and "
        "its URL has no name and password");
    const auto no = answered("HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!");
    check_through(no, wsx::errc::proxy_refused, "the proxy answered HTTP 403 Forbidden");
    CHECK(no.error == wsx::condition::permanent);
    CHECK(no.diagnostics.http_status == 0);  // the server has refused nothing
    const auto later = answered("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    check_through(later, wsx::errc::proxy_refused_for_now,
                  "the proxy answered HTTP 502 Bad Gateway");
    CHECK(later.error == wsx::condition::transient);
    check_through(answered("HTTP/1.1 301 Moved\r\nLocation: http://other/\r\n\r\n"),
                  wsx::errc::proxy_refused, "the proxy answered HTTP 301 Moved");
  }

  TEST_CASE("credentials that the proxy does not take are not shown") {
    scripted_server proxy{[&](server_connection& client) {
      const auto sent = *client.read_request().find("Proxy-Authorization");
      client.send_raw("HTTP/1.1 407 " + sent + "\r\n\r\n");
    }};
    const auto connected = connect_once(by(proxy, "me:secret@"), "ws://feed.example/");
    CHECK(connected.error == wsx::errc::proxy_authentication_required);
    for (const char* const secret : {"secret", "bWU6c2VjcmV0"}) {
      CHECK(connected.diagnostics.message.find(secret) == std::string::npos);
      CHECK(connected.diagnostics.detail.find(secret) == std::string::npos);
      CHECK(connected.diagnostics.proxy.find(secret) == std::string::npos);
    }
    CHECK(
        connected.diagnostics.message.ends_with("the proxy answered HTTP 407 Basic ***: it does "
                                                "not take the name and password of its URL"));
  }

  TEST_CASE("no answer, half of one, garbage, too much, a reset") {
    check_through(answered(""), wsx::errc::proxy_dropped,
                  "the proxy ended the connection without an answer");
    check_through(answered("HTTP/1.1 200 OK\r\n"), wsx::errc::proxy_dropped,
                  "the proxy ended the connection within its answer");
    check_through(answered("220 mail.example\r\n"), wsx::errc::malformed_proxy_answer,
                  "the proxy's answer is not one of HTTP: line 1 of the response is not HTTP/1.1: "
                  "\"220 mail.example\"");
    check_through(answered("HTTP/1.1 200 OK\r\nA: " + std::string(1 << 20, 'x')),
                  wsx::errc::malformed_proxy_answer,
                  "the head of the proxy's answer is longer than 16384 bytes");
    check_through(answered(std::string(established) + "x"), wsx::errc::malformed_proxy_answer,
                  "the proxy sent more than the head of its answer");
    scripted_server proxy{[](server_connection& client) {
      client.read_request();
      client.reset();
    }};
    check_through(connect_once(by(proxy), "wss://feed.example/"), wsx::errc::proxy_dropped,
                  "the proxy ended the connection without an answer");
  }

  TEST_CASE("a proxy that answers nothing, or without end, is given up after connect_timeout") {
    auto options = calm();
    options.connect_timeout = std::chrono::milliseconds(50);
    options.handshake_timeout = std::chrono::minutes(10);
    scripted_server silent{[](server_connection& client) { client.wait_eof(); }};
    check_through(connect_once(by(silent, "", options), "wss://feed.example/"),
                  wsx::errc::connect_timeout,
                  "waiting for the proxy's answer: not finished within 0.05 s (connect_timeout)");
    scripted_server slow{[](server_connection& client) {
      client.read_request();
      client.send_raw("HTTP/1.1 200 OK\r\n");
      client.wait_eof();
    }};
    check_through(connect_once(by(slow, "", options), "wss://feed.example/"),
                  wsx::errc::connect_timeout,
                  "waiting for the proxy's answer: not finished within 0.05 s (connect_timeout)");
  }

  TEST_CASE("a proxy that is not there") {
    scripted_server nobody{[](server_connection&) {}, {.state = port_state::refusing}};
    const auto refused = connect_once(by(nobody), "wss://feed.example/");
    CHECK(refused.error == asio::error::connection_refused);
    CHECK(refused.diagnostics.stage == wsx::connect_stage::connecting);
    CHECK(refused.diagnostics.message == through(nobody) + refused.error.message());
    const auto nameless = connect_once(by("http://proxy.invalid:1"), "ws://feed.example/");
    CHECK(nameless.error == asio::error::host_not_found);
    CHECK(nameless.diagnostics.message ==
          "cannot connect to feed.example:80 through the proxy proxy.invalid:1: resolving the "
          "name: proxy.invalid: no host has that name");
  }

  TEST_CASE("the resolver is asked for the proxy, and not for the server") {
    scripted_server proxy{[](server_connection& client) {
      client.read_request();
      client.respond(established);
      accept_and_end(client);
    }};
    std::vector<std::string> asked;
    auto options = by("http://proxy.example:7");
    options.dial.resolver = wsx::make_resolver([&](const std::string& host, std::uint16_t port) {
      asked.push_back(host + ":" + std::to_string(port));
      return wsx::resolver::endpoints{{asio::ip::address_v4::loopback(), proxy.port()}};
    });
    CHECK(connect_once(options, "ws://feed.example/").ok());
    CHECK(asked == std::vector<std::string>{"proxy.example:7"});
  }

  TEST_CASE("no_proxy: the server is connected to without") {
    scripted_server server{accept_and_end};
    auto options = by("http://127.0.0.1:9");
    options.dial.proxy.no_proxy = "127.0.0.0/8";
    const auto connected = connect_once(options, server.url());
    CHECK(connected.ok());
    CHECK(connected.diagnostics.proxy.empty());
  }

  TEST_CASE("an option that is no proxy is an error before anything is sent") {
    const auto connected = connect_once(by("me:secret@proxy.example"), "ws://feed.example/");
    CHECK(connected.error == wsx::errc::invalid_option);
    CHECK(connected.diagnostics.stage == wsx::connect_stage::checking);
    CHECK(connected.diagnostics.message.find("secret") == std::string::npos);
  }

  TEST_CASE("the environment") {
    scripted_server proxy{[](server_connection& client) {
      client.read_request();
      client.respond(established);
      accept_and_end(client);
    }};
    ::setenv("ws_proxy", ("127.0.0.1:" + std::to_string(proxy.port())).c_str(), 1);
    ::setenv("no_proxy", "other.example", 1);
    auto options = calm();
    options.dial.proxy.from_environment = true;
    CHECK(connect_once(options, "ws://feed.invalid/").ok());
    CHECK(connect_once(calm(), "ws://feed.invalid/").error == asio::error::host_not_found);
    ::setenv("no_proxy", "invalid", 1);
    CHECK(connect_once(options, "ws://feed.invalid/").error == asio::error::host_not_found);
    ::unsetenv("no_proxy");
    ::setenv("ws_proxy", "ftp://me:secret@x", 1);
    const auto wrong = connect_once(options, "ws://feed.invalid/");
    CHECK(wrong.error == wsx::errc::invalid_option);
    CHECK(wrong.diagnostics.message ==
          "cannot connect to feed.invalid:80: the environment's ws_proxy is invalid: the scheme "
          "is \"ftp\", not http, https, socks5 or socks5h");
    ::unsetenv("ws_proxy");
  }

  TEST_CASE("a redirect to a host that needs no proxy: the error does not name it") {
    scripted_server server{
        [](server_connection& client) { client.respond("HTTP/1.1 403 Forbidden\r\n\r\n"); }};
    scripted_server proxy{[&](server_connection& client) {
      client.read_request();
      client.respond(established);
      client.respond("HTTP/1.1 302 Found\r\nLocation: " + server.url() + "\r\n\r\n");
    }};
    auto options = by(proxy);
    options.dial.max_redirects = 1;
    options.dial.proxy.no_proxy = "127.0.0.1";
    const auto connected = connect_once(options, "ws://feed.example/");
    CHECK(connected.error == wsx::errc::refused);
    CHECK(connected.diagnostics.proxy.empty());
    CHECK(connected.diagnostics.message.starts_with(
        "cannot connect to 127.0.0.1:" + std::to_string(server.port()) + ": HTTP 403 Forbidden"));
  }

  TEST_CASE("each attempt of a client that reconnects asks the proxy again") {
    scripted_server proxy{[](server_connection& client) {
      client.read_request();
      client.respond(established);
      client.accept();
      client.reset();
    }};
    recorder handler;
    int count = 0;
    handler.on_disconnect = [&](const wsx::disconnect&) -> wsx::disconnect_decision {
      if (++count < 3) return wsx::reconnect_after(std::chrono::milliseconds(0));
      return wsx::stop();
    };
    test_client<> client{handler, by(proxy)};
    client.open(wsx::request("ws://feed.example/"));
    CHECK(client.join().error == wsx::errc::connection_dropped);
    CHECK(proxy.connections() == 3);
  }
}
