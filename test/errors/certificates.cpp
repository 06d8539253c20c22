#include "../loopback/tls_support.hpp"
#include "report.hpp"

// What keeps TLS from being set up, and what breaks it.

namespace errors_test {

namespace {

using namespace loopback_test;
using namespace wsx::testing;

outcome meets(certificate own, const wsx::options& options, std::string_view host = "localhost") {
  auto server = tls_server(std::move(own));
  test_client<> client{{}, options};
  wsx::request target;
  target.url = server.url("/", host);
  return client.connect(target);
}

void identities(report& to) {
  to.section("Certificates");
  const auto ca = make_ca();
  const auto options = trusting(ca);
  to.add("of an unknown authority", meets(make_server_certificate(ca), trusting(make_ca())));
  to.add("self-signed", meets(make_self_signed_certificate(), options));
  to.add("expired", meets(make_server_certificate(ca, {.valid = validity::expired}), options));
  to.add("not valid yet",
         meets(make_server_certificate(ca, {.valid = validity::not_yet}), options));
  server_certificate_options others;
  others.dns_names = {"a.example", "b.example"};
  others.ip_addresses = {"192.0.2.1"};
  to.add("for other names", meets(make_server_certificate(ca, others), options));
  to.add("for other addresses", meets(make_server_certificate(ca, others), options, "127.0.0.1"));
  to.add("with control characters in its issuer's name",
         meets(make_server_certificate(make_ca("x\x1b[31m\r\n")), options));
}

void pins(report& to) {
  to.section("Pinned keys");
  const auto ca = make_ca();
  auto server = tls_server(make_server_certificate(ca));
  auto options = trusting(ca);
  options.tls.pins = {std::string(43, 'A') + "="};
  test_client<> client{{}, options};
  auto refused = client.connect(server.url());
  // Each run has other keys.
  std::string& said = refused.diagnostics.message;
  const std::size_t pin = std::min(said.find("is ", said.find("its own")), said.size() - 3) + 3;
  said.replace(pin, 44, "(44 characters)");
  to.add("another key", refused);
}

void not_tls(report& to) {
  to.section("TLS handshakes");
  scripted_server plain{[](server_connection& client) {
    client.send_raw("HTTP/1.1 400 Bad Request\r\n\r\n");
    client.wait_eof();
  }};
  wsx::request target;
  target.url = "wss://127.0.0.1:" + std::to_string(plain.port()) + "/";
  test_client<> client;
  to.add("plain HTTP on a wss port", client.connect(target));
  scripted_server ending{[](server_connection& c) {
    c.shutdown_send();
    c.wait_eof();
  }};
  target.url = "wss://127.0.0.1:" + std::to_string(ending.port()) + "/";
  to.add("a server that ends the connection", client.connect(target));
  const auto ca = make_ca();
  scripted_server old{accept_and_end,
                      {.tls = make_server_certificate(ca), .versions = tls_versions::only_1_1}};
  test_client<> modern{{}, trusting(ca)};
  target.url = old.url();
  to.add("a server that speaks only TLS 1.1", modern.connect(target));
  scripted_server secure{accept_and_end, {.tls = make_server_certificate(ca)}};
  target.url = "ws://127.0.0.1:" + std::to_string(secure.port()) + "/";
  to.add("a ws URL for a port that speaks TLS", client.connect(target));
}

ending after(const script& rest) {
  const auto ca = make_ca();
  scripted_server server{[&](server_connection& client) {
                           client.accept();
                           rest(client);
                         },
                         {.tls = make_server_certificate(ca)}};
  test_client<> client{{}, trusting(ca)};
  client.open(server);
  return client.join();
}

void broken(report& to) {
  to.section("A TLS connection that breaks");
  to.add("an alert", after([](server_connection& client) { client.tls_fail(); }));
  to.add("a forged record", after([](server_connection& client) {
           client.send_beneath_tls(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
           client.wait_eof();
         }));
  to.add("a truncated stream", after([](server_connection& client) { client.shutdown_send(); }));
}

}  // namespace

void certificates(report& to) {
  identities(to);
  pins(to);
  not_tls(to);
  broken(to);
}

}  // namespace errors_test
