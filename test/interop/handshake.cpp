#include "test_client.hpp"

#include <wsx/testing/certificates.hpp>

#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace {

// The subprotocol that the server chose.
std::string negotiated(const server& s, std::vector<std::string> offered) {
  struct subprotocol_recorder {
    inbox* in;

    void init(const wsx::connection_info& info) {
      in->push_back({wsx::opcode::text, info.subprotocol});
    }
    void handle_frame(wsx::text) {}
  };
  test_client<subprotocol_recorder> client;
  wsx::request target(s.url);
  target.subprotocols = std::move(offered);
  client.connect(std::move(target));
  return client.next().payload;
}

// The protocol that ALPN chose.
std::string agreed_on(const server& s, const wsx::options& options) {
  test_client client(options);
  client.connect(s.url);
  const auto tls = client.status().tls;
  return tls ? tls->alpn : "no TLS";
}

}  // namespace

TEST_SUITE("interop/handshake: RFC 6455 4") {
  TEST_CASE("the server chooses a subprotocol, or none") {
    with_each_echo_server([](const server& s) {
      CHECK(negotiated(s, {"v1.echo", "v2.echo"}) == "v2.echo");
      CHECK(negotiated(s, {"v1.echo", "unheard.of"}) == "v1.echo");
      CHECK(negotiated(s, {"unheard.of"}).empty());
      CHECK(negotiated(s, {}).empty());
    });
  }

  TEST_CASE("a refused handshake tells status, headers and body") {
    with_each_echo_server([](const server& s) {
      const auto e = refusal(s.url + "missing");
      CHECK(e.code() == wsx::errc::refused);
      CHECK(e.code() == wsx::condition::handshake_failed);
      CHECK(e.diagnostics().http_status == 404);
      CHECK(e.diagnostics().http_headers.find("x-reason") == "missing");
      CHECK(e.diagnostics().http_body == "nothing is here\n");
    });
  }

  TEST_CASE("a certificate of an unknown CA is refused") {
    with_each_of({"NODE_WSS", "PYTHON_WSS"}, [](const server& s) {
      wsx::options options;  // the system's CAs
      SUBCASE("not the system's") {}
      SUBCASE("another CA") {
        options.tls.ca_pem = wsx::testing::make_ca().certificate_pem;
      }
      const auto e = refusal(s.url, options);
      CHECK(e.code() == wsx::errc::certificate_rejected);
      CHECK(e.code() == wsx::condition::tls_failed);
      CHECK(e.diagnostics().certificate_error != 0);
      CHECK_FALSE(e.diagnostics().certificate_subject.empty());
    });
  }

  TEST_CASE("a redirect of nginx is followed, if it may be") {
    with_each_of({"NODE_WSS", "PYTHON_WSS"}, [](const server& s) {
      CHECK(refusal(s.url + "moved").code() == wsx::errc::refused);
      auto options = trusting_options();
      options.dial.max_redirects = 1;
      test_client client(options);
      client.connect(s.url + "moved");
      client.send_text("hello");
      CHECK(client.next().payload == "hello");
      CHECK(client.get().connection().url == s.url);
    });
  }

  TEST_CASE("ALPN: nginx, which speaks TLS for this server, agrees on HTTP/1.1") {
    with_each_of({"PYTHON_WSS"}, [](const server& s) {
      auto options = trusting_options();
      options.tls.alpn = {"no-such-protocol", "http/1.1"};
      CHECK(agreed_on(s, options) == "http/1.1");
      options.tls.alpn = {};
      CHECK(agreed_on(s, options) == "");
    });
  }

  TEST_CASE("a certificate for another host is refused") {
    with_each_of({"NODE_WSS", "PYTHON_WSS"}, [](const server& s) {
      auto options = trusting_options();
      options.tls.server_name = "example.com";
      CHECK(refusal(s.url, options).code() == wsx::errc::certificate_rejected);
    });
  }
}
