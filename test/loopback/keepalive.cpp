#include "support.hpp"

// Pings of the client's own, and servers that are not there any more. RFC 6455 5.5.2.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

wsx::options pinging(int interval, int timeout) {
  wsx::options o;
  o.ping_interval = std::chrono::milliseconds(interval);
  o.ping_timeout = std::chrono::milliseconds(timeout);
  return o;
}

constexpr int never = 1'000'000;

}  // namespace

TEST_SUITE("loopback/keepalive") {
  TEST_CASE("pings arrive, each with its own payload, and their pongs give the latency") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      std::string last;
      for (int i = 0; i < 5; ++i) {
        const auto frame = client.read_frame().value();
        if (frame.opcode != opcodes::ping || frame.payload == last)
          throw script_error("saw " + describe(frame));
        last = frame.payload;
        client.send_pong(last);
      }
      client.wait_eof();
    }};
    test_client<> client{{}, pinging(5, never)};
    client.open(server);
    client.wait_until([&] { return client.handler().seen.size() >= 2 + 5; });
    CHECK(client->stats().latency > std::chrono::nanoseconds(0));
    CHECK(client->is_open());
  }

  TEST_CASE("a server that falls silent is given up with ping_timeout") {
    for (const bool tls : {false, true}) {
      CAPTURE(tls);
      const auto ca = make_ca();
      server_options how;
      if (tls) how.tls = make_server_certificate(ca);
      scripted_server server{[](server_connection& client) {
                               // In one piece with the response: nothing that has to come in time.
                               client.accept_and_send({text_frame("last words")});
                               client.wait_eof();
                             },
                             how};
      auto options = pinging(10, 20);
      options.tls.ca_pem = ca.certificate_pem;
      test_client<> client{{}, options};
      client.open(server);
      const auto end = client.join();
      CHECK(end.error == wsx::errc::ping_timeout);
      CHECK(end.error == wsx::condition::timeout);
      CHECK(end.reason.origin == wsx::close_origin::error);
      CHECK(client.handler().seen ==
            lines{"init", "connect", "text last words", "disconnect", "terminate"});
      server.wait();
    }
  }

  TEST_CASE("a server that is given up can be replaced") {
    scripted_server server{[](server_connection& client) {
      if (client.index() == 0) {
        client.accept();
        client.wait_eof();
        return;
      }
      client.accept_and_send({close_frame(1000)});
      client.wait_eof();
    }};
    recorder handler;
    handler.on_disconnect = [](const wsx::disconnect& d) {
      return d.reason.error == wsx::errc::ping_timeout ? wsx::reconnect() : wsx::stop();
    };
    test_client<> client{handler, pinging(10, 20)};
    client.open(server);
    CHECK(client.join().error == std::error_code());
    CHECK(client.handler().seen ==
          lines{"init", "connect", "disconnect", "connect", "disconnect", "terminate"});
    CHECK(client->stats().connects == 2);
    server.wait(2);
  }

  TEST_CASE("any byte counts as life: a server that never answers pings but sends lives") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      // Each ping is met with something else than a pong.
      for (int i = 0; i < 10; ++i) {
        if (client.read_frame().value().opcode != opcodes::ping) throw script_error("no ping");
        client.send_text("alive");
      }
      client.send_close(1000);
      client.wait_eof();
    }};
    test_client<> client{{}, pinging(2, 10'000)};
    client.open(server);
    CHECK(client.join().error == std::error_code());
    server.wait();
  }

  TEST_CASE("a server that reads nothing while the client sends is given up") {
    gate over;
    scripted_server server{[&](server_connection& client) {
                             client.accept();
                             over.wait();
                           },
                           {.receive_buffer = 4096}};
    auto options = pinging(10, 20);
    options.send_queue_size = 64 * 1024 * 1024;
    test_client<> client{{}, options};
    client.open(server);
    const std::string large(32 * 1024 * 1024, 'x');
    CHECK(client->try_send(wsx::binary(large)));
    CHECK(client.join().error == wsx::errc::ping_timeout);
    over.open();
  }
}
