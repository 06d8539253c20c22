#include "raw_client.hpp"

#include <wsx/testing/scripted_server.hpp>
#include <wsx/testing/server_connection.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <initializer_list>
#include <string>

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace wsx::testing;

namespace {

// What the server says of a script that fails.
std::string failure(scripted_server& server) {
  try {
    server.wait();
  } catch (const script_error& error) {
    return error.what();
  }
  return "no failure";
}

}  // namespace

TEST_SUITE("testing/server_connection") {
  TEST_CASE("the handshake, then frames both ways") {
    scripted_server server{[](server_connection& client) {
      const auto& request = client.read_request();
      CHECK(request.target == "/chat");
      CHECK(*request.find("host") == "server.example.com");
      client.accept({.subprotocol = "chat", .headers = {{"X-Test", "1"}}});
      client.expect_text("Hello");
      client.expect_binary("\x00\x01"s);
      client.expect_ping("p");
      client.expect_pong();
      client.send_text("Hello");
      client.send_binary("\x00"s);
      client.send_ping("p");
      client.send_pong();
      client.send_close(1001, "bye");
      client.expect_close(1001, "bye");
      client.expect_eof();
      CHECK(client.ended() == stream_end::orderly);
    }};
    raw_client client{server.port()};
    const auto head = client.open();
    CHECK(head.find("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != head.npos);
    CHECK(head.ends_with("\r\nSec-WebSocket-Protocol: chat\r\nX-Test: 1\r\n\r\n"));
    client.send(opcodes::text, "Hello");
    client.send(opcodes::binary, "\x00\x01"s);
    client.send(opcodes::ping, "p");
    client.send(opcodes::pong, "");
    CHECK(client.read(21) == "\x81\x05Hello\x82\x01\x00\x89\x01p\x8A\x00\x88\x05\x03\xE9"s + "by");
    CHECK(client.read(1) == "e");
    client.send(opcodes::close, "\x03\xE9"s + "bye");
    client.socket().close();
    server.wait();
  }

  TEST_CASE("accept_and_send: frames right behind the response, in one write") {
    scripted_server server{[](server_connection& client) {
      client.accept_and_send({text_frame("a"), close_frame()});
      client.send({text_frame("b"), text_frame("c")});
    }};
    raw_client client{server.port()};
    client.open();
    CHECK(client.read_to_end() == "\x81\x01\x61\x88\x00\x81\x01\x62\x81\x01\x63"s);
    client.socket().close();
    server.wait();
  }

  TEST_CASE("respond: any bytes, then the next request of the connection") {
    scripted_server server{[](server_connection& client) {
      client.respond("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
      CHECK(client.read_request().target == "/chat");
      client.respond("not HTTP");
    }};
    raw_client client{server.port()};
    CHECK(client.open() == "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    client.write("GET /chat HTTP/1.1\r\n\r\n");
    CHECK(client.read_to_end() == "not HTTP");
    client.socket().close();
    server.wait();
  }

  TEST_CASE("accept refuses a request that is no opening handshake") {
    scripted_server server{[](server_connection& client) { client.accept(); }};
    raw_client client{server.port()};
    client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(failure(server) == "connection 0: the request has 0 headers Upgrade instead of one");
  }

  TEST_CASE("chunk: all bytes come, in their order") {
    const std::string payload(300, 'x');
    for (const auto size : std::initializer_list<std::size_t>{1, 7, 1000, 0}) {
      CAPTURE(size);
      scripted_server server{[&](server_connection& client) {
        client.chunk(size);
        client.accept_and_send({text_frame(payload)});
      }};
      raw_client client{server.port()};
      CHECK(client.open().ends_with("\r\n\r\n"));
      CHECK(client.read_to_end() == encode_server_frame(text_frame(payload)));
      client.socket().close();
      server.wait();
    }
  }

  TEST_CASE("send: any frame, or bytes that are none") {
    scripted_server server{[](server_connection& client) {
      client.send({.opcode = 0xB, .fin = false});
      client.send({ping_frame("a")});
      client.send_raw("\x81\x7F");
    }};
    raw_client client{server.port()};
    CHECK(client.read_to_end() == "\x0B\x00\x89\x01\x61\x81\x7F"s);
  }

  TEST_CASE("read_frame: fragments, keys, the end") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      const auto first = client.read_frame();
      REQUIRE(first);
      CHECK_FALSE(first->fin);
      CHECK(first->mask == mask_key{0x37, 0xFA, 0x21, 0x3D});
      CHECK(client.read_frame()->opcode == opcodes::continuation);
      CHECK_FALSE(client.read_frame());
      CHECK_FALSE(client.read_frame());
    }};
    raw_client client{server.port()};
    client.open();
    client.send(opcodes::text, "a", false);
    client.send(opcodes::continuation, "b");
    client.socket().close();
    server.wait();
  }

  TEST_CASE("read_some: what is here, the beginning of a frame too, and nothing at the end") {
    std::promise<void> rest;
    scripted_server server{[&](server_connection& client) {
      client.expect_text("a");
      CHECK(client.read_some() == "\x82\xFFhalf");  // came with the frame before
      rest.set_value();
      CHECK(client.read_some() == "more");
      CHECK(client.read_some().empty());
      CHECK(client.ended() == stream_end::orderly);
    }};
    raw_client client{server.port()};
    client.write("\x81\x81\x01\x02\x03\x04\x60\x82\xFFhalf"s);
    rest.get_future().wait();
    client.write("more");
    client.socket().close();
    server.wait();
  }

  TEST_CASE("read_until_eof, read_raw and wait_eof") {
    scripted_server server{[](server_connection& client) {
      if (client.index() == 0) CHECK(client.read_until_eof().size() == 2);
      if (client.index() == 1) {
        CHECK(client.read_raw(3) == "abc");
        CHECK(client.wait_eof() == 2);
      }
    }};
    raw_client frames{server.port()};
    frames.send(opcodes::text, "a");
    frames.send(opcodes::close, "");
    frames.socket().close();
    raw_client bytes{server.port()};
    bytes.write("abcde");
    bytes.socket().close();
    server.wait(2);
  }

  TEST_CASE("what was expected and what was seen") {
    const auto seen = [](const script& run, std::string_view bytes) {
      scripted_server server{run};
      raw_client client{server.port()};
      client.write(bytes);
      client.socket().shutdown(asio::ip::tcp::socket::shutdown_send);
      return failure(server);
    };
    const auto frame = [](server_frame unmasked) {
      unmasked.mask = mask_key{1, 2, 3, 4};
      return encode_server_frame(unmasked);
    };
    const auto expect_hello = [](server_connection& client) { client.expect_text("hello"); };
    CHECK(seen(expect_hello, frame(text_frame("hullo"))) ==
          "connection 0: expected text \"hello\", saw text \"hullo\"");
    CHECK(seen(expect_hello, frame(binary_frame("hello"))) ==
          "connection 0: expected text \"hello\", saw binary \"hello\"");
    CHECK(seen(expect_hello, frame({.payload = "hello", .fin = false})) ==
          "connection 0: expected text \"hello\", saw text \"hello\" without FIN");
    CHECK(seen(expect_hello, frame({.payload = "hello", .rsv = rsv1})) ==
          "connection 0: expected text \"hello\", saw text \"hello\" with RSV bits 4");
    CHECK(seen(expect_hello, "") ==
          "connection 0: expected text \"hello\", saw the end of the stream");
    CHECK(seen(expect_hello, frame(text_frame("hello")).substr(0, 4)) ==
          "connection 0: within a frame came the end of the stream");
    CHECK(seen(expect_hello, encode_server_frame(text_frame("hello"))) ==
          "connection 0: the client sent a frame that is not masked");
    CHECK(seen([](server_connection& client) { client.expect_close(1000, "bye"); },
               frame(close_frame(1002, "no"))) ==
          "connection 0: expected close 1000 \"bye\", saw close 1002 \"no\"");
    CHECK(
        seen([](server_connection& client) { client.expect_close(); }, frame(close_frame(1000))) ==
        "connection 0: expected close without a code, saw close 1000 \"\"");
    CHECK(seen([](server_connection& client) { client.expect_eof(); }, frame(ping_frame("p"))) ==
          "connection 0: expected the end of the stream, saw ping \"p\"");
    CHECK(seen([](server_connection& client) { client.expect_eof(); }, "\x81") ==
          "connection 0: expected the end of the stream, saw 1 bytes");
    CHECK(seen([](server_connection& client) { client.read_raw(3); }, "ab") ==
          "connection 0: expected 3 bytes, saw the end of the stream after 2");
    CHECK(seen([](server_connection& client) { client.read_request(); }, "GET /") ==
          "connection 0: expected an HTTP request, saw the end of the stream");
  }

  TEST_CASE("a timeout says what was awaited") {
    const auto timed_out = [](const script& run, std::string_view bytes) {
      scripted_server server{[&](server_connection& client) {
        client.set_timeout(20ms);
        run(client);
      }};
      raw_client client{server.port()};
      client.write(bytes);
      CHECK_THROWS_AS(server.wait(), wait_timeout);
      return failure(server);
    };
    CHECK(timed_out([](server_connection& client) { client.expect_text("hello"); }, "") ==
          "connection 0: timed out after 20 ms waiting for text \"hello\"");
    CHECK(timed_out([](server_connection& client) { client.read_request(); }, "") ==
          "connection 0: timed out after 20 ms waiting for an HTTP request");
    CHECK(timed_out([](server_connection& client) { client.wait_eof(); }, "abc") ==
          "connection 0: timed out after 20 ms waiting for the client to end the connection");
    // The bytes may take longer than the timeout: then the message has no second half.
    CHECK(timed_out([](server_connection& client) { client.read_raw(3); }, "ab")
              .starts_with("connection 0: timed out after 20 ms waiting for 3 bytes"));
    CHECK(timed_out([](server_connection& client) { client.send_raw(std::string(1 << 24, 'x')); },
                    "") ==
          "connection 0: timed out after 20 ms waiting for the client to read what is sent");
  }

  TEST_CASE("the deadline is absolute: a client that is never idle does not extend it") {
    SUBCASE("it reads all that is sent") {
      scripted_server server{[](server_connection& client) {
        client.set_timeout(1ms);
        client.chunk(1);
        client.send_raw(std::string(1 << 24, 'x'));  // 16 million system calls
      }};
      raw_client client{server.port()};
      CHECK(client.read_to_end().size() < 1 << 24);
      CHECK_THROWS_AS(server.wait(), wait_timeout);
    }
    SUBCASE("it sends without end") {
      scripted_server server{[](server_connection& client) {
        client.set_timeout(1ms);
        client.wait_eof();
      }};
      raw_client client{server.port()};
      const std::string some(65536, 'x');
      const auto send_without_end = [&] {
        for (;;) client.write(some);
      };
      CHECK_THROWS_AS(send_without_end(), std::system_error);
      CHECK_THROWS_AS(server.wait(), wait_timeout);
    }
  }

  TEST_CASE("a timeout leaves the connection as it was") {
    std::promise<void> timed_out;
    scripted_server server{[&](server_connection& client) {
      client.set_timeout(1ms);
      CHECK_THROWS_AS(client.read_frame(), wait_timeout);
      timed_out.set_value();
      client.set_timeout(10s);
      client.expect_text("late");
    }};
    raw_client client{server.port()};
    timed_out.get_future().wait();
    client.send(opcodes::text, "late");
    server.wait();
  }

  TEST_CASE("a timeout tells of bytes that were not enough") {
    std::promise<void> sent;
    scripted_server server{[&](server_connection& client) {
      client.read_raw(1);
      client.set_timeout(1ms);
      client.read_frame();
    }};
    raw_client client{server.port()};
    client.write("x\x81\x85");  // one segment, so that the rest has come with the first byte
    CHECK(failure(server) ==
          "connection 0: timed out after 1 ms waiting for a frame; not enough for it were the 2 "
          "bytes that came");
  }

  TEST_CASE("shutdown_send ends one direction only") {
    scripted_server server{[](server_connection& client) {
      client.shutdown_send();
      client.expect_text("still there");
    }};
    raw_client client{server.port()};
    std::error_code end;
    CHECK(client.read_to_end(end) == "");
    CHECK(end == asio::error::eof);
    client.send(opcodes::text, "still there");
    server.wait();
  }

  TEST_CASE("reset: the client sees a reset, and so does the server if the client does it") {
    scripted_server server{[](server_connection& client) {
      if (client.index() == 0) return client.reset();
      client.wait_eof();
      CHECK(client.ended() == stream_end::reset);
    }};
    raw_client client{server.port()};
    std::error_code end;
    client.read_to_end(end);
    CHECK(end == asio::error::connection_reset);
    raw_client resetting{server.port()};
    resetting.socket().set_option(asio::socket_base::linger{true, 0});
    resetting.socket().close();
    server.wait(2);
  }

  TEST_CASE("returning from the script loses nothing, though the client's bytes are unread") {
    const std::string payload(1 << 20, 'x');
    scripted_server server{[&](server_connection& client) { client.send_raw(payload); }};
    raw_client client{server.port()};
    client.write("unread");
    std::error_code end;
    CHECK(client.read_to_end(end) == payload);
    CHECK(end == asio::error::eof);
  }
}
