#include "tls_support.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <string>

// Servers that answer a session that was offered by ending the connection.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

// Takes the first connection, does to the second what the test wants, and takes all others.
class refusing_server {
 public:
  explicit refusing_server(script refuse, script then = accept_and_end)
      : server_(
            [this, refuse = std::move(refuse), then = std::move(then)](server_connection& client) {
              if (client.index() == 1) return refuse(client);
              client.start_tls(own_);
              resumed_.at(client.index()) = client.resumed();
              then(client);
            }) {}

  wsx::options options() const {
    auto options = trusting(ca_);
    options.tls.share = share_;
    return options;
  }
  std::string url() const { return "wss://127.0.0.1:" + std::to_string(server_.port()) + "/"; }

  scripted_server& operator*() { return server_; }
  bool resumed(std::size_t connection) const { return resumed_.at(connection); }

 private:
  const certificate ca_ = make_ca();
  const certificate own_ = make_server_certificate(ca_);
  const std::shared_ptr<wsx::tls_share> share_ = wsx::make_tls_share();
  std::array<bool, 8> resumed_{};
  scripted_server server_;
};

// RFC 8446 6.2: handshake_failure, fatal.
void send_alert(server_connection& client) {
  client.read_raw(1);  // of ClientHello
  client.send_raw(std::string("\x15\x03\x03\x00\x02\x02\x28", 7));
  client.wait_eof();
}

}  // namespace

TEST_SUITE("loopback/tls_resumption_refused") {
  TEST_CASE("the client tries again at once without, and never with a session again") {
    script refuse;
    SUBCASE("by an alert") {
      refuse = send_alert;
    }
    SUBCASE("by a reset") {
      refuse = [](server_connection& client) {
        client.read_raw(1);
        client.reset();
      };
    }
    SUBCASE("by the end of TCP") {
      refuse = [](server_connection& client) {
        client.read_raw(1);
        client.shutdown_send();
      };
    }
    refusing_server server(refuse);
    for (int i = 0; i < 4; ++i) CHECK(connect_once(server.options(), server.url()).ok());
    (*server).wait(5);
    CHECK((*server).connections() == 5);
    for (std::size_t i = 0; i < 5; ++i) CHECK_FALSE(server.resumed(i));
  }

  TEST_CASE("how the first try failed is not said of the second") {
    refusing_server server(send_alert, [](server_connection& client) {
      if (client.index() == 0) return accept_and_end(client);
      client.accept();
      client.shutdown_send();
    });
    CHECK(connect_once(server.options(), server.url()).ok());
    test_client<> client{{}, server.options()};
    client.open(server.url());
    const auto end = client.join();
    CHECK(end.error == wsx::errc::connection_dropped);
    CHECK(end.reason.diagnostics.detail.empty());
  }

  TEST_CASE("a server that refuses without an offer is not asked again") {
    const auto ca = make_ca();
    scripted_server server{send_alert};
    const auto url = "wss://127.0.0.1:" + std::to_string(server.port()) + "/";
    CHECK(connect_once(trusting(ca), url).error == wsx::errc::tls_handshake_failed);
    server.wait();
    CHECK(server.connections() == 1);
  }

  TEST_CASE("a client that was aborted meanwhile does not try again") {
    std::atomic<bool> asked = false;
    gate gone;
    refusing_server server([&](server_connection& client) {
      client.read_raw(1);
      asked = true;
      gone.wait();
      client.reset();
    });
    CHECK(connect_once(server.options(), server.url()).ok());
    test_client<> client{{}, server.options()};
    auto connected = client.start(client->connect(server.url()));
    client.wait_until([&] { return asked.load(); });
    client->abort();
    CHECK(client.join().error == wsx::errc::aborted);
    CHECK_THROWS_AS(client.wait(std::move(connected)), wsx::system_error);
    gone.open();
    (*server).wait(2);
    CHECK((*server).connections() == 2);
  }

  TEST_CASE("both tries take place within connect_timeout") {
    const auto ca = make_ca();
    const auto own = make_server_certificate(ca);
    scripted_server server{[&](server_connection& client) {
      if (client.index() == 1) return send_alert(client);
      if (client.index() == 2) {
        client.wait_eof();
        return;
      }
      client.start_tls(own);
      accept_and_end(client);
    }};
    auto options = trusting(ca);
    options.tls.share = wsx::make_tls_share();
    const auto url = "wss://127.0.0.1:" + std::to_string(server.port()) + "/";
    CHECK(connect_once(options, url).ok());
    options.connect_timeout = std::chrono::milliseconds(300);
    CHECK(connect_once(options, url).error == wsx::errc::connect_timeout);
    server.wait(3);
    CHECK(server.connections() == 3);
  }
}
