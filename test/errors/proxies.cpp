#include "../loopback/connect_proxy.hpp"
#include "report.hpp"

#include <wsx/testing/certificates.hpp>

#include <chrono>
#include <memory>

// What a proxy makes of an attempt to connect.

namespace errors_test {

namespace {

using namespace loopback_test;
using namespace wsx::testing;
using namespace std::string_literals;

outcome connect_by(const std::string& proxy_url, wsx::options options = calm()) {
  options.dial.proxy.url = proxy_url;
  test_client<> client{{}, options};
  return client.connect(wsx::request("wss://feed.example/?key=secret"));
}

std::string url_of(const std::string& scheme, std::uint16_t port) {
  return scheme + "://me:secret@127.0.0.1:" + std::to_string(port);
}

outcome answered(const std::string& scheme, const std::string& answer) {
  scripted_server proxy{[&](server_connection& client) {
    client.read_some();
    client.send_raw(answer);
  }};
  return connect_by(url_of(scheme, proxy.port()));
}

outcome let_in(const std::string& reply) {
  scripted_server proxy{[&](server_connection& client) {
    client.read_raw(4);
    client.send_raw("\x05\x02"s);
    client.read_raw(11);
    client.send_raw(reply);
  }};
  return connect_by(url_of("socks5h", proxy.port()));
}

void http(report& all) {
  const std::string demand = "HTTP/1.1 407 Proxy Authentication Required\r\n";
  scripted_server open{[&](server_connection& client) {
    client.read_request();
    client.send_raw(demand + "Proxy-Authenticate: Basic realm=\"x\"\r\n\r\n");
  }};
  all.add("a proxy that wants credentials",
          connect_by("http://127.0.0.1:" + std::to_string(open.port())));
  all.add("a proxy that wants others",
          answered("http", demand + "Proxy-Authenticate: Negotiate\r\n\r\n"));
  all.add("a proxy that refuses", answered("http", "HTTP/1.1 403 Forbidden\r\n\r\n"));
  all.add("a proxy that can't reach the server",
          answered("http", "HTTP/1.1 502 Bad Gateway\r\n\r\n"));
  all.add("a proxy that answers nothing", answered("http", ""));
  all.add("a proxy that ends within its answer", answered("http", "HTTP/1.1 200 OK\r\nVia"));
  all.add("what is no HTTP proxy", answered("http", "220 mail.example ESMTP\r\n"));
  all.add("what speaks TLS", answered("http", "\x15\x03\x01\x00\x02\x02\x46"s));
  all.add("an answer without end",
          answered("http", "HTTP/1.1 200 OK\r\nA: " + std::string(20'000, 'x')));
  all.add("a proxy that speaks first", answered("http", "HTTP/1.1 200 OK\r\n\r\nhello"));
}

void socks(report& all) {
  all.add("SOCKS: no way to authenticate", answered("socks5h", "\x05\xff"s));
  all.add("SOCKS: what is no SOCKS proxy", answered("socks5h", "HTTP/1.1 400 Bad\r\n\r\n"));
  all.add("SOCKS: a wrong password", let_in("\x01\x01"s));
  scripted_server proxy{[&](server_connection& client) {
    client.read_raw(4);
    client.send_raw("\x05\x00"s);
    client.read_raw(19);
    client.send_raw(client.index() == 0 ? "\x05\x02\x00\x01"s : "\x05\x04\x00\x01"s);
  }};
  all.add("SOCKS: a refusal", connect_by(url_of("socks5h", proxy.port())));
  all.add("SOCKS: a host that can't be reached", connect_by(url_of("socks5h", proxy.port())));
}

void reaching(report& all) {
  scripted_server refusing{[](server_connection&) {}, {.state = port_state::refusing}};
  all.add("no proxy listens", connect_by(url_of("http", refusing.port())));
  all.add("a proxy whose name does not exist", connect_by("http://me:secret@proxy.invalid:3128"));
  auto options = calm();
  options.connect_timeout = std::chrono::milliseconds(50);
  scripted_server silent{[](server_connection& client) { client.wait_eof(); }};
  all.add("a proxy that never answers", connect_by(url_of("socks5h", silent.port()), options));
  connect_proxy secure{make_server_certificate(make_ca())};
  all.add("a proxy whose certificate is not trusted", connect_by(url_of("https", secure.port())));
  scripted_server plain{[](server_connection& client) {
    client.read_some();
    client.send_raw("HTTP/1.1 400 Bad Request\r\n\r\n");
  }};
  all.add("an https proxy without TLS", connect_by(url_of("https", plain.port())));
  all.add("no proxy's URL", connect_by("me:secret@127.0.0.1:3128"));
  all.add("a proxy of another kind", connect_by("socks4://me:secret@127.0.0.1"));
}

}  // namespace

void proxies(report& all) {
  all.section("Proxies");
  http(all);
  socks(all);
  reaching(all);
}

}  // namespace errors_test
