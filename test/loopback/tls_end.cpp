#include "tls_support.hpp"

#include <cstdint>
#include <future>
#include <string>
#include <string_view>
#include <utility>

// How TLS ends, and that the client notices although the socket has told all that it will.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

// Keeps its client from reading until the server has sent the rest: so that comes in one read.
struct holding {
  gate* sent;

  void handle_frame(wsx::text) { sent->wait(); }
};

using holding_client = test_client<holding>;

asio::awaitable<void> send_many(test_client<>::client_type& client, std::string_view payload,
                                std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) co_await client.send(wsx::binary(payload));
}

}  // namespace

TEST_SUITE("loopback/tls_end") {
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

  // What has been encrypted goes as it was: OpenSSL can't take it back.
  TEST_CASE("the server closes while the socket is full: records that were made go, then Close") {
    const auto ca = make_ca();
    constexpr std::size_t queued = 200;
    const std::string payload(50'000, 'x');
    gate full;
    std::size_t data = 0;
    std::string last;
    scripted_server server{[&](server_connection& client) {
                             client.accept();
                             full.wait();
                             client.send_close(1001);
                             while (const auto frame = client.read_frame()) {
                               last = describe(*frame);
                               if (frame->opcode == opcodes::close) break;
                               if (frame->payload != payload)
                                 throw script_error("not what was sent");
                               ++data;
                             }
                           },
                           {.tls = make_server_certificate(ca), .receive_buffer = 4096}};
    test_client<> client{{}, trusting(ca)};
    client.open(server);
    auto sending = client.start(send_many(*client.operator->(), payload, queued));
    // Until the kernel takes no more.
    std::uint64_t before = 0;
    for (int unchanged = 0; unchanged < 5;) {
      client.wait_until([&, polls = 0]() mutable { return ++polls > 2; });
      unchanged = client->stats().bytes_sent == before ? unchanged + 1 : 0;
      before = client->stats().bytes_sent;
    }
    full.open();
    const auto end = client.join();
    CHECK(end.reason.received == wsx::close_code::going_away);
    CHECK(end.reason.sent == wsx::close_code::going_away);
    CHECK(end.reason.clean);
    CHECK_THROWS_AS(client.wait(std::move(sending)), wsx::system_error);
    server.wait();
    CHECK(last == "close 1001 \"\"");
    CHECK(data > 0);
    CHECK(data < queued);
  }
}
