#include "support.hpp"

#include <asio/error.hpp>

// Socket terminations: connections that end without a Close frame, over TCP and TLS.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

// How a server leaves.
enum class leave { fin, rst, close_notify_and_fin, close_notify_only };

void go(server_connection& client, leave how) {
  switch (how) {
    case leave::fin: client.shutdown_send(); break;
    case leave::rst: return client.reset();
    case leave::close_notify_and_fin:
      client.tls_close_notify();
      client.shutdown_send();
      break;
    case leave::close_notify_only: client.tls_close_notify(); break;
  }
  client.wait_eof();
}

// The reason is that the connection was dropped, by the server, whatever it did before.
void dropped(bool tls, leave how, std::string_view last_bytes = {}) {
  CAPTURE(tls);
  CAPTURE(static_cast<int>(how));
  const auto ca = make_ca();
  server_options options;
  if (tls) options.tls = make_server_certificate(ca);
  const std::string last(last_bytes);
  gate seen_text;
  scripted_server server{[&](server_connection& client) {
                           client.accept();
                           client.send_raw(encode_server_frame(text_frame("hello")) + last);
                           seen_text.wait();  // an RST may overtake what came before it
                           go(client, how);
                         },
                         options};
  auto trusting = calm();
  trusting.tls.ca_pem = ca.certificate_pem;
  test_client<> client{{}, trusting};
  client.open(server);
  client.seen(3);
  seen_text.open();
  const auto end = client.join();
  CHECK(end.error == wsx::errc::connection_dropped);
  CHECK(end.reason.origin == wsx::close_origin::remote);
  CHECK(end.reason.error == wsx::errc::connection_dropped);
  CHECK_FALSE(end.reason.code());
  CHECK_FALSE(end.reason.clean);
  CHECK(client.handler().seen == lines{"init", "connect", "text hello", "disconnect", "terminate"});
  server.wait();
}

std::string beginning_of(server_frame frame, std::size_t size) {
  return encode_server_frame(frame).substr(0, size);
}

}  // namespace

TEST_SUITE("loopback/dropping") {
  TEST_CASE("TCP: FIN") {
    dropped(false, leave::fin);
  }

  TEST_CASE("TCP: RST") {
    dropped(false, leave::rst);
  }

  TEST_CASE("TLS: FIN without close_notify") {
    dropped(true, leave::fin);
  }

  TEST_CASE("TLS: close_notify and FIN") {
    dropped(true, leave::close_notify_and_fin);
  }

  TEST_CASE("TLS: close_notify alone") {
    dropped(true, leave::close_notify_only);
  }

  TEST_CASE("TLS: RST") {
    dropped(true, leave::rst);
  }

  TEST_CASE("in mid-message") {
    for (const bool tls : {false, true}) {
      dropped(tls, leave::fin, beginning_of(text_frame("hello"), 1));
      dropped(tls, leave::fin, beginning_of(text_frame("hello"), 4));
      dropped(tls, leave::rst, beginning_of(binary_frame(std::string(1000, 'x')), 600));
      dropped(tls, leave::fin,
              encode_server_frame({.opcode = opcodes::text, .payload = "hello", .fin = false}));
    }
  }

  TEST_CASE("in the middle of the handshake") {
    for (const std::string_view part : {"", "HTTP/1.1 101 Switching", "HTTP/1.1 101 OK\r\nUpgra"}) {
      scripted_server server{[&](server_connection& client) { client.respond(part); }};
      test_client client;
      const auto connected = client.connect(server.url());
      CHECK(connected.error == wsx::errc::handshake_dropped);
      CHECK(client.handler().seen.empty());
      server.wait();
    }
  }

  TEST_CASE("in the middle of the handshake, by RST") {
    scripted_server server{[](server_connection& client) {
      client.read_request();
      client.reset();
    }};
    test_client client;
    CHECK(client.connect(server.url()).error == wsx::errc::handshake_dropped);
  }

  TEST_CASE("while the client writes") {
    scripted_server server{[](server_connection& client) {
                             client.accept();
                             client.reset();
                           },
                           {.receive_buffer = 4096}};
    auto options = calm();
    options.send_queue_size = 64 * 1024 * 1024;
    test_client<> client{{}, options};
    client.open(server);
    const std::string large(32 * 1024 * 1024, 'x');
    client->try_send(wsx::binary(large));
    const auto end = client.join();
    CHECK(end.error == wsx::errc::connection_dropped);
    CHECK(end.reason.origin == wsx::close_origin::remote);
  }

  TEST_CASE("a Close that came just before the drop counts") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      client.send_close(1001, "restarting");
      client.shutdown_send();
      client.wait_eof();
    }};
    test_client client;
    client.open(server);
    const auto end = client.join();
    CHECK(end.reason.origin == wsx::close_origin::remote);
    CHECK(end.reason.received == wsx::close_code::going_away);
    CHECK(end.reason.text == "restarting");
    server.wait();
  }
}
