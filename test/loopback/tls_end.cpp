#include "tls_support.hpp"

#include <string>

// How TLS ends, and that the client notices although the socket has told all that it will.

using namespace loopback;
using namespace wsx::testing;

namespace {

// Keeps its client from reading until the server has sent the rest: so that comes in one read.
struct holding {
  gate* sent;

  void handle_frame(wsx::text) { sent->wait(); }
};

using holding_client = test_client<holding>;

}  // namespace

TEST_SUITE_BEGIN("loopback/tls end");

TEST_CASE("close_notify right behind the Close frame, and TCP left open") {
  const auto ca = make_ca();
  gate sent;
  scripted_server server{[&](server_connection& client) {
                           client.accept();
                           client.send_text("hold");
                           client.send_close(1000);
                           client.tls_close_notify();
                           sent.open();
                           client.expect_close(1000);
                           client.expect_eof();  // the client ends first, without being cut off
                         },
                         {.tls = make_server_certificate(ca)}};
  holding_client client{{&sent}, trusting(ca)};
  client.open(server);
  const auto end = client.join();
  CHECK(end.error == std::error_code());
  CHECK(end.reason.clean);
  server.wait();
}

TEST_CASE("close_notify right behind a message, without a Close frame") {
  const auto ca = make_ca();
  gate sent;
  scripted_server server{[&](server_connection& client) {
                           client.accept();
                           client.send_text("hold");
                           client.send_text("more");
                           client.tls_close_notify();
                           sent.open();
                           client.wait_eof();
                         },
                         {.tls = make_server_certificate(ca)}};
  holding_client client{{&sent}, trusting(ca)};
  client.open(server);
  CHECK(client.join().error == wsx::errc::connection_dropped);
  CHECK(client->stats().messages_received == 2);
  server.wait();
}

TEST_CASE("a record that nobody encrypted: never an orderly end, wherever it comes") {
  const auto ca = make_ca();
  const std::string forged = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
  bool closes = false;
  SUBCASE("behind a message") {}
  SUBCASE("behind the Close frame") {
    closes = true;
  }
  gate sent;
  scripted_server server{[&](server_connection& client) {
                           client.accept();
                           client.send_text("hold");
                           if (closes) client.send_close(1000);
                           client.send_beneath_tls(forged);
                           sent.open();
                           client.wait_eof();
                         },
                         {.tls = make_server_certificate(ca)}};
  holding_client client{{&sent}, trusting(ca)};
  client.open(server);
  const auto end = client.join();
  CHECK_FALSE(end.reason.clean);
  if (!closes) CHECK(end.error == wsx::errc::tls_failed);
}

TEST_SUITE_END();
