#include "../../lib/transport/tls_context.hpp"
#include "../../lib/transport/tls_share.hpp"
#include "tls_support.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <thread>
#include <vector>

// Whose TLS sessions a client resumes, and that no check of the server is lost by that. RFC
// 8446 2.2, RFC 5077.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

// Notes for each connection whether it resumed a session, then goes on with what the test wants.
class noting_server {
 public:
  explicit noting_server(certificate own, script then = accept_and_end,
                         tls_versions versions = tls_versions::all)
      : server_(
            [this, then = std::move(then)](server_connection& client) {
              resumed_.at(client.index()) = client.resumed() ? 'r' : 'f';
              then(client);
            },
            {.tls = std::move(own), .versions = versions}) {}

  std::string url(std::string_view host = {}) const { return server_.url("/", host); }

  // One letter a connection: r for resumed, f for a full handshake.
  std::string resumed(std::size_t connections) {
    server_.wait(connections);
    return {resumed_.data(), connections};
  }

 private:
  std::array<char, 8> resumed_{};
  scripted_server server_;
};

// Reconnects until the server ends in order.
recorder persistent() {
  recorder handler;
  handler.on_disconnect = [](const wsx::disconnect& d) {
    return d.reason.normal() ? wsx::stop() : wsx::reconnect();
  };
  return handler;
}

wsx::options sharing(wsx::options options, const std::shared_ptr<wsx::tls_share>& share) {
  options.tls.share = share;
  return options;
}

wsx::options verifying_nothing() {
  auto options = calm();
  options.tls.verify = false;
  return options;
}

}  // namespace

TEST_SUITE("loopback/tls_resumption") {
  TEST_CASE("a client that reconnects resumes, however its connection ended") {
    const auto ca = make_ca();
    script end;
    SUBCASE("by a Close frame") {
      end = [](server_connection& client) {
        client.send_close(4000);
        client.expect_close(4000);
      };
    }
    SUBCASE("by the end of TCP") {
      end = [](server_connection& client) { client.shutdown_send(); };
    }
    SUBCASE("by a reset") {
      end = [](server_connection& client) { client.reset(); };
    }
    for (const auto versions : {tls_versions::all, tls_versions::only_1_2}) {
      CAPTURE(static_cast<int>(versions));
      noting_server server{make_server_certificate(ca),
                           [&end](server_connection& client) {
                             if (client.index() == 3) return accept_and_end(client);
                             client.accept();
                             end(client);
                           },
                           versions};
      test_client client{persistent(), trusting(ca)};
      client.open(server.url());
      CHECK(client.join().error == std::error_code());
      CHECK(server.resumed(4) == "frrr");
    }
  }

  TEST_CASE("clients with one share resume each other's sessions, others do not") {
    const auto ca = make_ca();
    noting_server server{make_server_certificate(ca)};
    const auto share = wsx::make_tls_share();
    CHECK(connect_once(sharing(trusting(ca), share), server.url()).ok());
    CHECK(connect_once(sharing(trusting(ca), share), server.url()).ok());
    CHECK(connect_once(trusting(ca), server.url()).ok());
    CHECK(connect_once(sharing(trusting(ca), wsx::make_tls_share()), server.url()).ok());
    CHECK(connect_once(sharing(trusting(ca), share), server.url()).ok());
    CHECK(server.resumed(5) == "frffr");
  }

  TEST_CASE("a client that is told not to resumes nothing") {
    const auto ca = make_ca();
    noting_server server{make_server_certificate(ca)};
    const auto resuming = sharing(trusting(ca), wsx::make_tls_share());
    auto options = resuming;
    options.tls.resume = false;
    CHECK(connect_once(options, server.url()).ok());
    CHECK(connect_once(resuming, server.url()).ok());
    CHECK(connect_once(options, server.url()).ok());
    CHECK(connect_once(resuming, server.url()).ok());
    CHECK(server.resumed(4) == "fffr");
  }

  TEST_CASE("clients of several threads share") {
    const auto ca = make_ca();
    noting_server server{make_server_certificate(ca)};
    const auto options = sharing(trusting(ca), wsx::make_tls_share());
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 2; ++n) CHECK(connect_once(options, server.url()).ok());
      });
    }
    for (auto& thread : threads) thread.join();
    // Every full handshake adds a session to those that go round, one a connection at a time.
    CHECK(std::ranges::count(server.resumed(8), 'r') >= 4);
  }

  TEST_CASE("a connection that is refused uses no session up") {
    const auto ca = make_ca();
    const auto options = sharing(trusting(ca), wsx::make_tls_share());
    std::string url;
    {
      noting_server server{make_server_certificate(ca)};
      url = server.url();
      CHECK(connect_once(options, url).ok());
      CHECK(server.resumed(1) == "f");
    }
    CHECK(connect_once(options, url).error == asio::error::connection_refused);

    std::error_code error;
    wsx::diagnostics details;
    auto& sessions = options.tls.share->context(options.tls, error, details)->sessions();
    wsx::url parsed;
    REQUIRE_FALSE(wsx::parse_url(url, parsed));
    CHECK(sessions.take(parsed.authority(), wsx::tls_session_store::clock::now()).session !=
          nullptr);
  }

  TEST_CASE("the session of a client that was aborted can be resumed") {
    const auto ca = make_ca();
    const auto serve = [](server_connection& client) {
      if (client.index() == 1) return accept_and_end(client);
      client.accept();
      client.wait_eof();
    };
    noting_server server{make_server_certificate(ca), serve, tls_versions::only_1_2};
    const auto options = sharing(trusting(ca), wsx::make_tls_share());
    test_client<> client{{}, options};
    client.open(server.url());
    client->abort();
    CHECK(client.join().error == wsx::errc::aborted);
    CHECK(connect_once(options, server.url()).ok());
    CHECK(server.resumed(2) == "fr");
  }

  TEST_CASE("a session is for one name: the certificate must be made for another one too") {
    const auto ca = make_ca();
    noting_server server{
        make_server_certificate(ca, {.dns_names = {"localhost"}, .ip_addresses = {}})};
    auto options = sharing(trusting(ca), wsx::make_tls_share());
    CHECK(connect_once(options, server.url("localhost")).ok());
    SUBCASE("another host in the URL") {
      check_refused(connect_once(options, server.url()), X509_V_ERR_IP_ADDRESS_MISMATCH,
                    server_subject);
    }
    SUBCASE("another server_name") {
      options.tls.server_name = "example.com";
      check_refused(connect_once(options, server.url("localhost")), X509_V_ERR_HOSTNAME_MISMATCH,
                    server_subject);
    }
  }

  TEST_CASE("a session is for one server: not for another port") {
    const auto ca = make_ca();
    const auto own = make_server_certificate(ca);
    noting_server one{own};
    noting_server another{own};
    const auto options = sharing(trusting(ca), wsx::make_tls_share());
    CHECK(connect_once(options, one.url()).ok());
    CHECK(connect_once(options, another.url()).ok());
    CHECK(one.resumed(1) == "f");
    CHECK(another.resumed(1) == "f");
  }

  TEST_CASE("a session is for those who trust in the same way") {
    const auto ca = make_ca();
    const auto share = wsx::make_tls_share();
    noting_server server{make_server_certificate(ca)};
    SUBCASE("not for who trusts another CA") {
      CHECK(connect_once(sharing(trusting(ca), share), server.url()).ok());
      check_refused(connect_once(sharing(trusting(make_ca("another")), share), server.url()),
                    X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, server_subject);
    }
    SUBCASE("not for who verifies, if the other did not") {
      CHECK(connect_once(sharing(verifying_nothing(), share), server.url()).ok());
      check_refused(connect_once(sharing(calm(), share), server.url()),
                    X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, server_subject);
    }
  }
}
