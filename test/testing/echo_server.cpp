#include "raw_client.hpp"

#include <wsx/testing/echo_server.hpp>

#include <doctest/doctest.h>

#include <list>
#include <string>

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace wsx::testing;

TEST_SUITE("testing/echo_server") {
  TEST_CASE("messages come back, then the Close") {
    scripted_server server{echo_script()};
    raw_client client{server.port()};
    client.open();
    client.send(opcodes::text, "Hello");
    CHECK(client.read(7) == "\x81\x05Hello");
    client.send(opcodes::binary, std::string(70000, 'x'));
    CHECK(client.read(70010) == encode_server_frame(binary_frame(std::string(70000, 'x'))));
    client.send(opcodes::close, "\x03\xE8"s + "bye");
    CHECK(client.read_to_end() == "\x88\x05\x03\xE8"s + "bye");
    client.socket().close();
    server.wait();
  }

  TEST_CASE("RFC 6455 5.4: fragments are joined, control frames between them answered at once") {
    scripted_server server{echo_script()};
    raw_client client{server.port()};
    client.open();
    client.send(opcodes::binary, "Hel", false);
    client.send(opcodes::ping, "p");
    client.send(opcodes::pong, "");
    CHECK(client.read(3) == "\x8A\x01p");
    client.send(opcodes::continuation, "l", false);
    client.send(opcodes::continuation, "o");
    CHECK(client.read(7) == "\x82\x05Hello");
    client.send(opcodes::text, "next");
    CHECK(client.read(6) == "\x81\x04next");
  }

  TEST_CASE("a message out of order or with a reserved bit is a failure") {
    const auto refused = [](server_frame frame) {
      scripted_server server{echo_script()};
      raw_client client{server.port()};
      client.open();
      client.send(opcodes::text, "a", false);
      frame.mask = mask_key{1, 2, 3, 4};
      client.write(encode_server_frame(frame));
      client.socket().shutdown(asio::ip::tcp::socket::shutdown_send);
      CHECK_THROWS_AS(server.wait(), script_error);
    };
    refused(text_frame("b"));
    refused({.opcode = opcodes::continuation, .payload = "b", .rsv = rsv1});
  }

  TEST_CASE("drop_after ends TCP without a Close") {
    scripted_server server{echo_script({.drop_after = 2})};
    for (int connection = 0; connection < 2; ++connection) {
      raw_client client{server.port()};
      client.open();
      for (const auto* message : {"1", "2", "3"}) client.send(opcodes::text, message);
      std::error_code end;
      CHECK(client.read_to_end(end) == "\x81\x01\x31\x81\x01\x32");
      CHECK(end == asio::error::eof);
    }
    server.wait(2);
  }

  TEST_CASE("a silent client is given up") {
    scripted_server server{echo_script({.idle_timeout = 10ms})};
    raw_client client{server.port()};
    CHECK_THROWS_AS(server.wait(), wait_timeout);
  }

  TEST_CASE("several clients at once, over TLS") {
    const auto ca = make_ca();
    scripted_server server{echo_script(), {.tls = make_server_certificate(ca)}};
    std::list<raw_client> clients;
    for (int i = 0; i < 4; ++i) {
      auto& client = clients.emplace_back(server.port());
      client.start_tls(ca.certificate_pem, "localhost");
      client.open();
    }
    for (auto& client : clients) client.send(opcodes::text, "Hello");
    for (auto& client : clients) CHECK(client.read(7) == "\x81\x05Hello");
    CHECK(server.connections() == 4);
  }
}
