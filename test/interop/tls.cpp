#include "test_client.hpp"

#include <string>
#include <vector>

// Real servers of TLS that demand a client's certificate, by TLS 1.2 and 1.3.

namespace {

const std::vector<const char*> demanding{"NGINX_DEMANDS_2", "NGINX_DEMANDS_3", "STUNNEL_2",
                                         "STUNNEL_3"};

wsx::options with_certificate() {
  auto o = trusting_options();
  const std::string path = from_environment("WSX_INTEROP_CLIENT");
  o.tls.certificate.chain_file = path + ".pem";
  o.tls.certificate.key_file = path + ".key";
  return o;
}

}  // namespace

TEST_SUITE("interop/tls") {
  TEST_CASE("with the certificate that they demand, messages come back") {
    with_each_of(demanding, [](const server& s) {
      test_client client(s, with_certificate());
      client.send_text("hello");
      CHECK(client.next() == received{wsx::opcode::text, "hello"});
      const auto tls = client.status().tls;
      REQUIRE(tls);
      CHECK(tls->version ==
            (s.name.ends_with('2') && s.name.starts_with("NGINX") ? "TLSv1.2" : "TLSv1.3"));
      client.close();
      CHECK(client.join().clean);
    });
  }

  TEST_CASE("without one, nginx says so by HTTP") {
    with_each_of({"NGINX_DEMANDS_2", "NGINX_DEMANDS_3"}, [](const server& s) {
      const auto e = refusal(s.url);
      CHECK(e.code() == wsx::errc::refused);
      CHECK(e.diagnostics().http_status == 400);
      CHECK(e.diagnostics().http_body.find("No required SSL certificate") != std::string::npos);
    });
  }

  // By TLS 1.3 the client's handshake is complete before the server has seen the certificate.
  TEST_CASE("without one, stunnel and OpenSSL send an alert, which is told") {
    with_each_of({"STUNNEL_2", "STUNNEL_3", "S_SERVER"}, [](const server& s) {
      auto options = trusting_options();
      SUBCASE("TLS 1.3") {}
      SUBCASE("TLS 1.2") {
        if (s.name == "STUNNEL_3") return;  // does not speak it
        options.tls.max_version = wsx::tls_version::tls_1_2;
      }
      const auto e = refusal(s.url, options);
      CHECK(e.code() == wsx::condition::tls_failed);
      CHECK(std::string(e.what()).find("alert") != std::string::npos);
      // TLS 1.2 has no alert of that name.
      const bool named = std::string(e.what()).find("certificate_required") != std::string::npos;
      CHECK(named == (options.tls.max_version != wsx::tls_version::tls_1_2));
    });
  }

  TEST_CASE("OpenSSL's server takes the certificate, and its answer is a refusal") {
    const auto e = refusal(server_named("S_SERVER").url, with_certificate());
    CHECK(e.code() == wsx::condition::handshake_failed);
    CHECK(e.diagnostics().stage == wsx::connect_stage::handshake);
    CHECK(e.diagnostics().http_status == 200);
  }

  TEST_CASE("no version in common") {
    auto options = with_certificate();
    SUBCASE("the server is too old") {
      options.tls.min_version = wsx::tls_version::tls_1_3;
      CHECK(refusal(server_named("NGINX_DEMANDS_2").url, options).code() ==
            wsx::errc::tls_handshake_failed);
    }
    SUBCASE("the server is too new") {
      options.tls.max_version = wsx::tls_version::tls_1_2;
      CHECK(refusal(server_named("STUNNEL_3").url, options).code() ==
            wsx::errc::tls_handshake_failed);
    }
  }
}
