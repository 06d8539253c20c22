#include "../common/noise.hpp"
#include "tls_support.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <semaphore>
#include <string>

// KeyUpdates of TLS 1.3 while the client's socket is full, and while it is not. RFC 8446 4.6.3.

using namespace loopback_test;
using namespace wsx::testing;
using common_test::noise;

namespace {

// More than the kernel buffers, so that the client's socket is full until the server reads.
constexpr std::size_t much = 32 * 1024 * 1024;

// So many answers do not fit behind a batch that is being written.
constexpr int many = 200;

constexpr std::size_t small_buffer = 16 * 1024;

server_options slow(const certificate& ca) {
  return {.tls = make_server_certificate(ca), .receive_buffer = small_buffer};
}

void update_and_number(server_connection& client, int count, bool both) {
  for (int i = 0; i < count; ++i) {
    client.tls_update_keys(both);
    client.send_text(std::to_string(i));
  }
}

}  // namespace

TEST_SUITE("loopback/tls_key_update") {
  TEST_CASE("the server asks for new keys while it takes nothing") {
    const auto ca = make_ca();
    const auto large = noise(much);
    gate received;
    bool both = true;
    SUBCASE("of both sides") {}
    SUBCASE("of its own only") {
      both = false;
    }
    scripted_server server{[&](server_connection& client) {
                             client.accept();
                             update_and_number(client, many, both);
                             received.wait();
                             client.expect_binary(large);
                             client.expect_text("after");
                             client.send_close(1000);
                             client.expect_close(1000);
                           },
                           slow(ca)};
    test_client<> client{{}, trusting(ca)};
    client.open(server);
    // The first part of it fills the socket; the rest goes while the server reads.
    auto sent = client.start(client->send(wsx::binary(large)));
    const auto& seen = client.seen(2 + many);  // "init" and "connect" come first
    CHECK(client->stats().bytes_sent < much);
    CHECK(seen.at(2) == "text 0");
    CHECK(seen.back() == "text " + std::to_string(many - 1));
    received.open();
    client.wait(std::move(sent));
    CHECK(client.send(wsx::text("after")) == std::error_code());
    CHECK(client.join().error == std::error_code());
    server.wait();
  }

  // Each reply fits what room the socket has, or finds it full: so the answer to a KeyUpdate, which
  // goes before the next one, is what finds it full.
  TEST_CASE("the server asks for new keys while replies fill the socket") {
    const auto ca = make_ca();
    const auto answer = noise(5000);
    std::counting_semaphore<> handled(0);
    std::atomic<bool> full = false;
    std::atomic<int> replies = 0;
    scripted_server server{[&](server_connection& client) {
                             client.accept();
                             for (int more = 20; more > 0; more -= full ? 1 : 0) {
                               client.tls_update_keys();
                               client.send_text("next");
                               if (!handled.try_acquire_for(std::chrono::seconds(60)))
                                 throw script_error("the client does not read");
                             }
                             for (int i = 0; i < replies; ++i) client.expect_binary(answer);
                             client.send_close(1000);
                             client.expect_close(1000);
                           },
                           slow(ca)};
    test_client<> client{{}, trusting(ca)};
    client.handler().on_text = [&](std::string_view) {
      const auto replied = static_cast<std::uint64_t>(++replies) * answer.size();
      full = replied > client->stats().bytes_sent + 100'000;
      handled.release();
      return wsx::reply(wsx::binary(answer));
    };
    client.open(server);
    CHECK(client.join().error == std::error_code());
    server.wait();
  }

  TEST_CASE("the server asks for new keys while both sides send") {
    const auto ca = make_ca();
    std::size_t size = 0;
    SUBCASE("less than a record") {
      size = 1000;
    }
    SUBCASE("several records") {
      size = 100'000;
    }
    SUBCASE("more than a batch") {
      size = 1'000'000;
    }
    CAPTURE(size);
    const auto message = noise(size);
    const int rounds = size < 10'000 ? 2000 : 50;
    scripted_server server{[&](server_connection& client) {
                             client.accept();
                             for (int i = 0; i < rounds; ++i) {
                               client.tls_update_keys(i % 3 != 0);
                               client.send_binary(message);
                               if (i % 2 == 0) client.tls_update_keys();
                               client.expect_binary(message);
                             }
                             client.send_close(1000);
                             client.expect_close(1000);
                           },
                           slow(ca)};
    test_client<> client{{}, trusting(ca)};
    client.open(server);
    for (int i = 0; i < rounds; ++i) CHECK(client.send(wsx::binary(message)) == std::error_code());
    CHECK(client.join().error == std::error_code());
    CHECK(client->stats().messages_received == static_cast<std::uint64_t>(rounds));
    server.wait();
  }
}
