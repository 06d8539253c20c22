#include "raw_client.hpp"

#include <wsx/testing/scripted_server.hpp>
#include <wsx/testing/server_connection.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace std::string_literals;
using namespace wsx::testing;

namespace {

const certificate& ca() {
  static const certificate made = make_ca();
  return made;
}

server_options with_tls() {
  return {.tls = make_server_certificate(ca())};
}

bool is_truncated(std::error_code end) {
  return end == asio::ssl::error::stream_truncated;
}

}  // namespace

TEST_SUITE("testing/server_connection_tls") {
  TEST_CASE("handshake, SNI, frames, chunks and an orderly end") {
    scripted_server server{[](server_connection& client) {
                             CHECK(client.server_name() == "localhost");
                             client.accept();
                             client.expect_text("Hello");
                             client.chunk(1);
                             client.send_text("Hello");
                             client.close();
                             CHECK(client.ended() == stream_end::orderly);
                           },
                           with_tls()};
    raw_client client{server.port()};
    client.start_tls(ca().certificate_pem, "localhost");
    client.open();
    client.send(opcodes::text, "Hello");
    std::error_code end;
    CHECK(client.read_to_end(end) == "\x81\x05Hello");
    CHECK(end == asio::error::eof);
    client.tls().shutdown(end);
    client.socket().close();
    server.wait();
  }

  // A TLS client reads one record at a time, and each write of the server is a record: so it shows
  // what TCP hides.
  TEST_CASE("chunk and accept_and_send: how many writes there are") {
    scripted_server server{[](server_connection& client) {
                             client.accept_and_send({text_frame("a"), text_frame("b")});
                             client.chunk(3);
                             client.send_raw("1234567");
                           },
                           with_tls()};
    raw_client client{server.port()};
    client.start_tls(ca().certificate_pem, "localhost");
    client.request();
    CHECK(client.read_record().ends_with("\r\n\r\n\x81\x01\x61\x81\x01\x62"));
    CHECK(client.read_record() == "123");
    CHECK(client.read_record() == "456");
    CHECK(client.read_record() == "7");
  }

  TEST_CASE("big messages both ways") {
    const std::string payload(1 << 20, 'x');
    scripted_server server{[&](server_connection& client) {
                             client.expect_binary(payload);
                             client.send_binary(payload);
                           },
                           with_tls()};
    raw_client client{server.port()};
    client.start_tls(ca().certificate_pem, "localhost");
    client.send(opcodes::binary, payload);
    CHECK(client.read_to_end() == encode_server_frame(binary_frame(payload)));
    server.wait();
  }

  TEST_CASE("without close_notify the stream is truncated, for either side") {
    scripted_server server{[](server_connection& client) {
                             client.shutdown_send();
                             client.close();
                             CHECK(client.ended() == stream_end::truncated);
                           },
                           with_tls()};
    raw_client client{server.port()};
    client.start_tls(ca().certificate_pem, "localhost");
    std::error_code end;
    client.read_to_end(end);
    CHECK(is_truncated(end));
    client.socket().close();
    server.wait();
  }

  TEST_CASE("tls_close_notify leaves TCP open") {
    scripted_server server{[](server_connection& client) {
                             client.tls_close_notify();
                             client.expect_text("still there");
                             client.close();
                           },
                           with_tls()};
    raw_client client{server.port()};
    client.start_tls(ca().certificate_pem, "localhost");
    std::error_code end;
    client.read_to_end(end);
    CHECK(end == asio::error::eof);
    client.send(opcodes::text, "still there");
    client.socket().close();
    server.wait();
  }

  TEST_CASE("a client that refuses the certificate is a failure that says so") {
    scripted_server server{[](server_connection&) { FAIL("the script must not run"); }, with_tls()};
    raw_client client{server.port()};
    CHECK_THROWS(client.start_tls(make_ca("another").certificate_pem, "localhost"));
    client.socket().close();
    try {
      server.wait();
      FAIL("no failure");
    } catch (const script_error& error) {
      const std::string message = error.what();
      CHECK(message.starts_with("connection 0: the TLS handshake failed: "));
      CHECK(message.find("unknown ca") != message.npos);
    }
  }

  TEST_CASE("the client gets the alert of a failed handshake") {
    scripted_server server{[](server_connection&) {}, with_tls()};
    raw_client client{server.port()};
    client.write("\x16\x03\x01\x00\x05nohey"s);
    const auto alert = client.read_to_end();
    REQUIRE(alert.size() == 7);
    CHECK(alert[0] == 21);  // RFC 8446 5.1: content type alert
    CHECK_THROWS_AS(server.wait(), script_error);
  }

  TEST_CASE("the client gets the alert when TLS breaks after the handshake") {
    scripted_server server{[](server_connection& client) { client.read_frame(); }, with_tls()};
    raw_client client{server.port()};
    client.start_tls(ca().certificate_pem, "localhost");
    // RFC 8446 5.2: a record that cannot be decrypted is answered with an alert.
    asio::write(client.socket(), asio::buffer("\x17\x03\x03\x00\x20"s + std::string(32, 'x')));
    std::error_code end;
    client.read_to_end(end);
    CHECK(end.category() == asio::error::get_ssl_category());
    CHECK_THROWS_AS(server.wait(), script_error);
  }

  TEST_CASE("a server of TLS 1.1 only") {
    auto options = with_tls();
    options.versions = tls_versions::only_1_1;
    scripted_server server{[](server_connection&) {}, options};
    SUBCASE("is refused by a client that wants TLS 1.2") {
      raw_client client{server.port()};
      CHECK_THROWS(client.start_tls(ca().certificate_pem, "localhost"));
      client.socket().close();
      CHECK_THROWS_AS(server.wait(), script_error);
    }
    SUBCASE("is accepted by a client that takes anything") {
      raw_client client{server.port()};
      SSL_set_min_proto_version(client.tls().native_handle(), TLS1_1_VERSION);
      SSL_set_cipher_list(client.tls().native_handle(), "DEFAULT:@SECLEVEL=0");
      CHECK_NOTHROW(client.start_tls(ca().certificate_pem, "localhost"));
      client.socket().close();
      server.wait();
    }
  }

  TEST_CASE("start_tls: a proxy, and the server behind it") {
    scripted_server server{[](server_connection& client) {
      CHECK(client.read_request().method == "CONNECT");
      client.respond("HTTP/1.1 200 OK\r\n\r\n");
      client.start_tls(make_server_certificate(ca(), {.dns_names = {"far.example"}}));
      CHECK(client.server_name() == "far.example");
      client.accept();
    }};
    raw_client client{server.port()};
    client.write("CONNECT far.example:443 HTTP/1.1\r\nHost: far.example:443\r\n\r\n");
    CHECK(client.read_head() == "HTTP/1.1 200 OK\r\n\r\n");
    client.start_tls(ca().certificate_pem, "far.example");
    CHECK(client.open().starts_with("HTTP/1.1 101 "));
    server.wait();
  }

  TEST_CASE("new keys, then an alert") {
    scripted_server server{[](server_connection& client) {
                             client.accept();
                             client.tls_update_keys();
                             client.send_text("a");
                             client.expect_text("b");
                             client.tls_update_keys(false);
                             client.send_text("c");
                             client.tls_fail();
                           },
                           with_tls()};
    raw_client client{server.port()};
    client.start_tls(ca().certificate_pem, "localhost");
    int updates = 0;  // as the client sends and receives them
    SSL_set_msg_callback_arg(client.tls().native_handle(), &updates);
    SSL_set_msg_callback(client.tls().native_handle(),
                         [](int, int, int type, const void* bytes, std::size_t, SSL*, void* count) {
                           const int message = *static_cast<const unsigned char*>(bytes);
                           if (type == SSL3_RT_HANDSHAKE && message == SSL3_MT_KEY_UPDATE)
                             ++*static_cast<int*>(count);
                         });
    client.open();
    CHECK(client.read(3) == "\x81\x01"s + "a");
    client.send(opcodes::text, "b");
    CHECK(client.read(3) == "\x81\x01"s + "c");
    std::error_code end;
    CHECK(client.read_to_end(end) == "");
    CHECK(ERR_GET_REASON(static_cast<unsigned long>(end.value())) ==
          SSL_R_SSLV3_ALERT_BAD_RECORD_MAC);
    CHECK(updates == 3);
    client.socket().close();
    server.wait();
  }

  TEST_CASE("what belongs to TLS is refused without") {
    script wanted;
    SUBCASE("close_notify") {
      wanted = [](server_connection& client) { client.tls_close_notify(); };
    }
    SUBCASE("KeyUpdate") {
      wanted = [](server_connection& client) { client.tls_update_keys(); };
    }
    SUBCASE("an alert") {
      wanted = [](server_connection& client) { client.tls_fail(); };
    }
    scripted_server server{wanted};
    raw_client client{server.port()};
    CHECK_THROWS_AS(server.wait(), script_error);
  }
}
