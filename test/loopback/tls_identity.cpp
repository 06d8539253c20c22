#include "tls_support.hpp"

#include <wsx/testing/temp_dir.hpp>

#include <cstdlib>
#include <string>

// Whose certificate a client takes for the server's. RFC 9525, RFC 6066 3.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

// What the client asked for by SNI, once it has connected.
struct asked_name {
  std::string name = "nothing yet";

  script note() {
    return [this](server_connection& client) {
      name = client.server_name();
      accept_and_end(client);
    };
  }
};

// A variable of the environment, as long as this lives.
class environment {
 public:
  environment(const char* name, const std::string& value) : name_(name) {
    ::setenv(name, value.c_str(), 1);
  }
  ~environment() { ::unsetenv(name_); }
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;

 private:
  const char* name_;
};

}  // namespace

TEST_SUITE("loopback/tls_identity") {
  TEST_CASE("without a CA of its own the client trusts the system's") {
    const auto ca = make_ca();
    auto server = tls_server(make_server_certificate(ca));
    const temp_dir dir;
    // Where OpenSSL looks for the system's store, if this is set.
    const environment system_store("SSL_CERT_FILE",
                                   dir.write("ca.pem", ca.certificate_pem).string());
    CHECK(connect_once(calm(), server.url()).ok());
    // With a CA of its own it no longer does.
    check_refused(connect_once(trusting(make_ca("another")), server.url()),
                  X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, server_subject);
  }

  TEST_CASE("a common name is no identity") {
    const auto ca = make_ca();
    auto server = tls_server(make_server_certificate(
        ca, {.common_name = "localhost", .dns_names = {}, .ip_addresses = {}}));
    check_refused(connect_once(trusting(ca), server.url("/", "localhost")),
                  X509_V_ERR_HOSTNAME_MISMATCH, "CN=localhost");
  }

  TEST_CASE("server_name: an address is looked for as one, and not asked for") {
    const auto ca = make_ca();
    asked_name asked;
    scripted_server server{
        asked.note(),
        {.tls = make_server_certificate(ca, {.dns_names = {}, .ip_addresses = {"192.0.2.7"}})}};
    auto options = trusting(ca);
    options.tls.server_name = "192.0.2.7";
    CHECK(connect_once(options, server.url()).ok());
    server.wait();
    CHECK(asked.name.empty());

    options.tls.server_name = "192.0.2.8";
    check_refused(connect_once(options, server.url()), X509_V_ERR_IP_ADDRESS_MISMATCH,
                  server_subject);
  }

  TEST_CASE("the dot that ends an absolute name is neither asked for nor looked for") {
    const auto ca = make_ca();
    asked_name asked;
    scripted_server server{asked.note(), {.tls = make_server_certificate(ca)}};
    auto options = trusting(ca);
    options.tls.server_name = "localhost.";
    CHECK(connect_once(options, server.url()).ok());
    server.wait();
    CHECK(asked.name == "localhost");
  }

  // OpenSSL takes any subdomain for a name with a leading dot, a wildcard for "*", what is behind a
  // blank for nothing, and checks nothing at all for an empty name.
  TEST_CASE("what is no host name is refused") {
    const auto ca = make_ca();
    auto server =
        tls_server(make_server_certificate(ca, {.dns_names = {"*.example", "localhost"}}));
    auto options = trusting(ca);
    for (const std::string name : {".", ".example", ".localhost", "a..example", "localhost..",
                                   "*.example", "127.0.0.1 .example", "local host", "b\xC3\xBC"}) {
      CAPTURE(name);
      options.tls.server_name = name;
      const auto connected = connect_once(options, server.url());
      CHECK(connected.error == wsx::errc::invalid_option);
      CHECK(connected.diagnostics.detail ==
            "tls_options::server_name \"" + name + "\" is not a name");
    }
    CHECK(server.connections() == 0);
  }

  TEST_CASE("a host with a leading dot is refused") {
    CHECK(connect_once(calm(), "wss://.localhost/").error == wsx::errc::invalid_url);
  }

  TEST_CASE("a server_name that a C string would cut is refused") {
    const auto ca = make_ca();
    auto server = tls_server(make_server_certificate(ca));
    auto options = trusting(ca);
    options.tls.server_name = std::string("localhost\0.evil", 15);
    CHECK(connect_once(options, server.url()).error == wsx::errc::invalid_option);
  }
}
