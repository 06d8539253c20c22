#include "support.hpp"

// What a server sends, however it is cut, and what the handler gets of it.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

// Accepts, sends what `send` says, and ends in order.
scripted_server sending_server(script send, server_options options = {}) {
  return scripted_server{[send = std::move(send)](server_connection& client) {
                           client.accept();
                           send(client);
                           client.send_close(1000);
                           client.expect_close(1000);
                         },
                         std::move(options)};
}

// A server that breaks a rule must be told so.
void expect_violation(std::initializer_list<server_frame> frames, std::uint16_t code,
                      std::string_view text, wsx::errc error) {
  const std::vector<server_frame> bad(frames);
  scripted_server server{[&](server_connection& client) {
    client.accept();
    for (const auto& frame : bad) client.send(frame);
    client.expect_close(code, text);
  }};
  test_client client;
  client.open(server);
  const auto end = client.join();
  CHECK(end.error == error);
  CHECK(end.reason.origin == wsx::close_origin::error);
  CHECK(end.reason.text == text);
  CHECK(client.handler().seen == lines{"init", "connect", "disconnect", "terminate"});
  server.wait();
}

server_frame unfinished(server_frame frame) {
  frame.fin = false;
  return frame;
}

}  // namespace

TEST_SUITE("loopback/receiving") {
  TEST_CASE("text and binary") {
    auto server = sending_server([](server_connection& client) {
      client.send_text("hello");
      client.send_binary(std::string_view("\0\xff", 2));
      client.send_text("");
    });
    test_client client;
    client.open(server);
    CHECK(client.join().error == std::error_code());
    CHECK(client.handler().seen == lines{"init", "connect", "text hello",
                                         "binary " + std::string("\0\xff", 2), "text ",
                                         "disconnect", "terminate"});
    server.wait();
  }

  TEST_CASE("partial frames") {
    gate first_half_read;
    const auto frame = encode_server_frame(text_frame("hello"));
    auto server = sending_server([&](server_connection& client) {
      client.send_raw(frame.substr(0, 4));
      first_half_read.wait();
      client.send_raw(frame.substr(4));
    });
    test_client client;
    client.open(server);
    client.wait_until([&] { return client->stats().bytes_received == 4; });
    CHECK(client.handler().seen == lines{"init", "connect"});
    first_half_read.open();
    CHECK(client.seen(3).back() == "text hello");
    CHECK(client.join().error == std::error_code());
    server.wait();
  }

  TEST_CASE("byte by byte") {
    auto server = sending_server([](server_connection& client) {
      client.chunk(1);
      client.send(unfinished(text_frame("gr\xc3")));
      client.send_ping("between");
      client.expect_pong("between");
      client.send(continuation_frame("\xbc\xc3\x9f", true));
      client.send_binary(std::string(200, 'b'));
    });
    test_client client;
    client.open(server);
    CHECK(client.join().error == std::error_code());
    CHECK(client.handler().seen[2] == "text gr\xc3\xbc\xc3\x9f");
    CHECK(client.handler().seen[3] == "binary " + std::string(200, 'b'));
    server.wait();
  }

  TEST_CASE("several frames in one read") {
    gate looked;
    auto server = sending_server([&](server_connection& client) {
      client.expect_text("go");  // so that they don't come together with the handshake's response
      client.send(
          {text_frame("one"), binary_frame("two"), text_frame("three"), pong_frame("four")});
      looked.wait();
    });
    test_client client;
    client.open(server);
    client.send(wsx::text{"go"});
    client.seen(6);
    CHECK(client.handler().seen ==
          lines{"init", "connect", "text one", "binary two", "text three", "pong four"});
    CHECK(client->stats().reads == 1);
    looked.open();
    CHECK(client.join().error == std::error_code());
    server.wait();
  }

  TEST_CASE("text reassembly") {
    auto server = sending_server([](server_connection& client) {
      client.send({unfinished(text_frame("Hel")), continuation_frame("lo ", false), ping_frame(),
                   continuation_frame("world", true)});
      client.expect_pong();
    });
    test_client client;
    client.open(server);
    CHECK(client.join().error == std::error_code());
    CHECK(client.handler().seen[2] == "text Hello world");
    server.wait();
  }

  TEST_CASE("binary reassembly") {
    auto server = sending_server([](server_connection& client) {
      client.send({unfinished(binary_frame("Hel")), continuation_frame("", false)});
      client.send({continuation_frame("lo", false), continuation_frame(" world", true)});
    });
    test_client client;
    client.open(server);
    CHECK(client.join().error == std::error_code());
    CHECK(client.handler().seen[2] == "binary Hello world");
    server.wait();
  }

  TEST_CASE("a second fragment start closes with 1002 (RFC 6455 5.4)") {
    expect_violation({unfinished(text_frame("a")), unfinished(text_frame("b"))}, 1002,
                     "Endpoint tried to start a fragment without finishing another",
                     wsx::errc::expected_continuation);
  }

  TEST_CASE("a stray continuation closes with 1002 (RFC 6455 5.4)") {
    expect_violation({continuation_frame("a", true)}, 1002,
                     "Endpoint sent a continuation frame without starting a fragment",
                     wsx::errc::unexpected_continuation);
  }

  TEST_CASE("invalid UTF-8 closes with 1007 (RFC 6455 8.1)") {
    expect_violation({text_frame("\xff")}, 1007, "text from the server is not valid UTF-8",
                     wsx::errc::invalid_utf8);
  }

  TEST_CASE("a message over the limit closes with 1009 (RFC 6455 7.4.1)") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      // Its beginning is enough: the rest never comes.
      client.send({.opcode = opcodes::binary, .payload = "x", .declared_length = 101});
      client.expect_close(1009, "a frame is too big");
    }};
    auto options = calm();
    options.max_frame_size = 100;
    test_client<> client{{}, options};
    client.open(server);
    CHECK(client.join().error == wsx::errc::frame_too_big);
    server.wait();
  }

  TEST_CASE("ping with and without payload is answered (RFC 6455 5.5.2)") {
    auto server = sending_server([](server_connection& client) {
      client.send_ping();
      client.expect_pong();
      client.send_ping("are you there?");
      client.expect_pong("are you there?");
      client.send_ping(std::string(125, 'x'));
      client.expect_pong(std::string(125, 'x'));
    });
    test_client client;
    client.open(server);
    CHECK(client.join().error == std::error_code());
    server.wait();
  }

  TEST_CASE("pong reaches the handler (RFC 6455 5.5.3)") {
    auto server = sending_server([](server_connection& client) {
      client.expect_ping("mine");
      client.send_pong("mine");
      client.send_pong();
    });
    test_client client;
    client.open(server);
    CHECK(client->try_send(wsx::ping{"mine"}));
    CHECK(client.join().error == std::error_code());
    CHECK(client.handler().seen[2] == "pong mine");
    CHECK(client.handler().seen[3] == "pong ");
    server.wait();
  }

  TEST_CASE("a frame sent right after the handshake, in the same write, arrives") {
    for (const bool tls : {false, true}) {
      CAPTURE(tls);
      const auto ca = make_ca();
      server_options how;
      if (tls) how.tls = make_server_certificate(ca);
      scripted_server server{[](server_connection& client) {
                               client.accept_and_send({text_frame("early"), ping_frame("p")});
                               client.expect_pong("p");
                               client.send_close(1000);
                               client.expect_close(1000);
                             },
                             how};
      auto options = calm();
      options.tls.ca_pem = ca.certificate_pem;
      test_client<> client{{}, options};
      client.open(server);
      CHECK(client.join().error == std::error_code());
      CHECK(client.handler().seen ==
            lines{"init", "connect", "text early", "disconnect", "terminate"});
      server.wait();
    }
  }

  TEST_CASE("a whole connection right after the handshake, in the same write") {
    scripted_server server{[](server_connection& client) {
      client.accept_and_send({text_frame("early"), close_frame(1000, "that was all")});
      client.expect_close(1000);
    }};
    test_client client;
    client.open(server);
    const auto end = client.join();
    CHECK(end.error == std::error_code());
    CHECK(end.reason.text == "that was all");
    CHECK(client.handler().seen ==
          lines{"init", "connect", "text early", "disconnect", "terminate"});
    server.wait();
  }
}
