#include "support.hpp"

#include <tuple>

// How connections end in order: who began, what both sides see, and what if one does not.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

const lines ended_once{"init", "connect", "disconnect", "terminate"};

// Accepts, closes as `close` says, and expects the same code back and the end of the stream.
template <class... Payload>
ending closed_by_server(Payload... payload) {
  scripted_server server{[=](server_connection& client) {
    client.accept();
    client.send_close(payload...);
    if constexpr (sizeof...(payload) == 0) {
      client.expect_close();
    } else {
      client.expect_close(std::get<0>(std::tuple(payload...)));
    }
    client.close();
  }};
  test_client client;
  client.open(server);
  auto end = client.join();
  CHECK(client.handler().seen == ended_once);
  server.wait();
  return end;
}

}  // namespace

TEST_SUITE("loopback/closing") {
  TEST_CASE("disconnect: remote without payload") {
    const auto end = closed_by_server();
    CHECK(end.error == std::error_code());
    CHECK(end.reason.origin == wsx::close_origin::remote);
    CHECK_FALSE(end.reason.received);
    CHECK_FALSE(end.reason.sent);
    CHECK(end.reason.clean);
    CHECK(end.reason.normal());
  }

  TEST_CASE("disconnect: remote with payload") {
    const auto end = closed_by_server(std::uint16_t{4025}, "Testing");
    CHECK(end.error == wsx::errc::closed_abnormally);
    CHECK(end.reason.origin == wsx::close_origin::remote);
    CHECK(end.reason.received == wsx::close_code{4025});
    CHECK(end.reason.sent == wsx::close_code{4025});
    CHECK(end.reason.text == "Testing");
    CHECK(end.reason.clean);
  }

  TEST_CASE("disconnect: remote with 1000 is a normal end") {
    const auto end = closed_by_server(std::uint16_t{1000}, "done");
    CHECK(end.error == std::error_code());
    CHECK(end.reason.code() == wsx::close_code::normal);
    CHECK(end.reason.text == "done");
  }

  TEST_CASE("disconnect: local without payload") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      client.expect_close();
      client.send_close();
      client.close();
    }};
    test_client client;
    client.open(server);
    CHECK(client.close() == std::error_code());
    const auto end = client.join();
    CHECK(end.error == std::error_code());
    CHECK(end.reason.origin == wsx::close_origin::local);
    CHECK_FALSE(end.reason.sent);
    CHECK_FALSE(end.reason.received);
    CHECK(end.reason.clean);
    CHECK(client.handler().seen == ended_once);
    server.wait();
  }

  TEST_CASE("disconnect: local with payload") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      client.expect_close(4012, "Test Close");
      client.send_close(4012);
      client.close();
    }};
    test_client client;
    client.open(server);
    CHECK(client.close(wsx::close_code{4012}, "Test Close") == std::error_code());
    const auto end = client.join();
    CHECK(end.error == wsx::errc::closed_abnormally);
    CHECK(end.reason.origin == wsx::close_origin::local);
    CHECK(end.reason.sent == wsx::close_code{4012});
    CHECK(end.reason.received == wsx::close_code{4012});
    CHECK(end.reason.text == "Test Close");
    CHECK(end.reason.clean);
    server.wait();
  }

  TEST_CASE("remote closure while we close: the reason stays local") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      client.send_text("close now");
      // The server's own Close is on its way before it has read the client's.
      client.send_close(4030, "at the same time");
      client.expect_close(4000, "mine");
      client.close();
    }};
    recorder handler;
    handler.on_text = [](std::string_view) { return wsx::close(wsx::close_code{4000}, "mine"); };
    test_client client{handler};
    client.open(server);
    const auto end = client.join();
    CHECK(end.reason.origin == wsx::close_origin::local);
    CHECK(end.reason.sent == wsx::close_code{4000});
    CHECK(end.reason.received == wsx::close_code{4030});
    CHECK(end.reason.text == "mine");
    CHECK(end.reason.clean);
    server.wait();
  }

  TEST_CASE("the server ends TCP while we close, without a Close of its own") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      client.expect_close(1000);
      client.close();
    }};
    test_client client;
    client.open(server);
    CHECK(client.close(wsx::close_code::normal) == std::error_code());
    const auto end = client.join();
    CHECK(end.reason.origin == wsx::close_origin::local);
    CHECK_FALSE(end.reason.clean);
    server.wait();
  }

  TEST_CASE("what the server sends after Close is discarded (RFC 6455 5.5.1)") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      client.send({text_frame("before"), close_frame(1000), text_frame("after"), ping_frame()});
      client.expect_close(1000);
      client.send_raw("no frame at all");
      client.close();
    }};
    test_client client;
    client.open(server);
    CHECK(client.join().error == std::error_code());
    CHECK(client.handler().seen ==
          lines{"init", "connect", "text before", "disconnect", "terminate"});
    server.wait();
  }

  TEST_CASE("everything queued is sent before Close (RFC 6455 7.1.2)") {
    const std::string large(500'000, 'x');
    scripted_server server{[&](server_connection& client) {
      client.accept();
      for (int i = 0; i < 3; ++i) client.expect_binary(large);
      client.expect_close(1000);
      client.send_close(1000);
      client.close();
    }};
    auto options = calm();
    options.send_queue_size = 4 * 1024 * 1024;
    test_client<> client{{}, options};
    client.open(server);
    for (int i = 0; i < 3; ++i) CHECK(client->try_send(wsx::binary(large)));
    CHECK(client.close(wsx::close_code::normal) == std::error_code());
    server.wait();
  }

  namespace {

  // The server leaves the client waiting, in one of several ways.
  void times_out(script stay) {
    scripted_server server{[stay](server_connection& client) {
      client.accept();
      client.expect_close(1000, "bye");
      stay(client);
      client.wait_eof();
    }};
    auto options = calm();
    options.close_timeout = std::chrono::milliseconds(30);
    test_client<> client{{}, options};
    client.open(server);
    CHECK(client.close(wsx::close_code::normal, "bye") == wsx::errc::close_timeout);
    const auto end = client.join();
    CHECK(end.reason.origin == wsx::close_origin::local);
    CHECK_FALSE(end.reason.clean);
    CHECK(client.handler().seen == ended_once);
    server.wait();
  }

  }  // namespace

  TEST_CASE("close timeout: no Close comes back") {
    times_out([](server_connection&) {});
  }

  TEST_CASE("close timeout: Close comes back, but TCP stays open") {
    times_out([](server_connection& client) { client.send_close(1000); });
  }

  TEST_CASE("close timeout: it is absolute, and no traffic extends it") {
    times_out([](server_connection& client) {
      // Until the client has gone: then sending fails, or reading finds the end.
      try {
        for (client.set_timeout(std::chrono::milliseconds(2));
             client.ended() == stream_end::open;) {
          client.send_text("more");
          try {
            client.wait_eof();
          } catch (const wait_timeout&) {}
        }
      } catch (const std::exception&) {}
      client.set_timeout(std::chrono::seconds(10));
    });
  }

  TEST_CASE("close timeout: after the server's own Close as well") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      client.send_close(1000);
      client.expect_close(1000);
      client.wait_eof();
    }};
    auto options = calm();
    options.close_timeout = std::chrono::milliseconds(30);
    test_client<> client{{}, options};
    client.open(server);
    const auto end = client.join();
    CHECK(end.reason.origin == wsx::close_origin::remote);
    CHECK_FALSE(end.reason.clean);
    server.wait();
  }

  TEST_CASE("a server that reads nothing can't hold up a close") {
    gate never;
    scripted_server deaf{[&](server_connection& client) {
                           client.accept();
                           never.wait();
                         },
                         {.receive_buffer = 4096}};
    auto options = calm();
    options.close_timeout = std::chrono::milliseconds(30);
    options.send_queue_size = 64 * 1024 * 1024;
    test_client<> client{{}, options};
    client.open(deaf);
    const std::string large(32 * 1024 * 1024, 'x');
    CHECK(client->try_send(wsx::binary(large)));
    CHECK(client.close() == wsx::errc::close_timeout);
    never.open();
  }

  TEST_CASE("abort drops the connection without a Close") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      client.expect_eof();
    }};
    test_client client;
    client.open(server);
    client->abort();
    const auto end = client.join();
    CHECK(end.error == wsx::errc::aborted);
    CHECK(client.handler().seen == lines{"init", "connect", "terminate"});
    server.wait();
  }

  TEST_CASE("a destroyed client drops its connection, and is not called back") {
    scripted_server server{[](server_connection& client) {
      client.accept();
      client.expect_eof();
    }};
    static lines seen;
    struct noisy {
      void handle_frame(wsx::text) {}
      void handle_disconnect(const wsx::disconnect&) { seen.push_back("disconnect"); }
      void terminate(const wsx::close_reason&) { seen.push_back("terminate"); }
    };
    test_client<noisy> client;
    client.open(server);
    client.destroy();
    server.wait();
    CHECK(seen.empty());
  }
}
