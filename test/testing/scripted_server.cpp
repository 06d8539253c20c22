#include "raw_client.hpp"

#include <wsx/testing/scripted_server.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <list>
#include <optional>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using namespace wsx::testing;

TEST_SUITE("testing/scripted_server") {
  TEST_CASE("urls") {
    const script nothing = [](server_connection&) {};
    scripted_server plain{nothing};
    const auto port = std::to_string(plain.port());
    CHECK(plain.port() != 0);
    CHECK(plain.url() == "ws://127.0.0.1:" + port + "/");
    CHECK(plain.url("/chat?a=b") == "ws://127.0.0.1:" + port + "/chat?a=b");
    CHECK(plain.url("/", "localhost") == "ws://localhost:" + port + "/");
    scripted_server tls{nothing, {.tls = make_self_signed_certificate()}};
    CHECK(tls.url() == "wss://127.0.0.1:" + std::to_string(tls.port()) + "/");
  }

  TEST_CASE("IPv6") {
    scripted_server server{[](server_connection& client) { client.accept(); }, {.host = "::1"}};
    CHECK(server.url() == "ws://[::1]:" + std::to_string(server.port()) + "/");
    raw_client client{server.port(), "::1"};
    CHECK(client.open().starts_with("HTTP/1.1 101 "));
    server.wait();
  }

  TEST_CASE("an address that is not of this machine is an error") {
    CHECK_THROWS_AS(scripted_server([](server_connection&) {}, {.host = "192.0.2.1"}),
                    std::system_error);
  }

  TEST_CASE("several connections at once, each with its index and port") {
    constexpr std::size_t count = 5;
    std::latch all_here{count};
    std::atomic<unsigned> indexes{0};
    std::atomic<unsigned> ports{0};
    scripted_server server{[&](server_connection& client) {
      all_here.arrive_and_wait();  // only passed if all the scripts run at once
      indexes |= 1U << client.index();
      ports += client.peer_port();
    }};
    std::list<raw_client> clients;
    unsigned expected_ports = 0;
    for (std::size_t i = 0; i < count; ++i) {
      expected_ports += clients.emplace_back(server.port()).socket().local_endpoint().port();
    }
    server.wait(count);
    CHECK(server.connections() == count);
    CHECK(indexes == 0b11111);
    CHECK(ports == expected_ports);
  }

  TEST_CASE("wait throws what a script threw") {
    scripted_server server{[](server_connection&) { throw std::logic_error("mine"); }};
    raw_client client{server.port()};
    CHECK_THROWS_WITH_AS(server.wait(), "mine", std::logic_error);
    CHECK_THROWS_WITH_AS(server.wait(), "mine", std::logic_error);
  }

  TEST_CASE("wait throws as soon as one script fails, though another still waits") {
    scripted_server server{[](server_connection& client) {
      if (client.index() == 1) throw std::logic_error("second");
      client.wait_eof();
    }};
    raw_client waiting{server.port()};
    raw_client failing{server.port()};
    CHECK_THROWS_WITH_AS(server.wait(2), "second", std::logic_error);
  }

  TEST_CASE("wait has its own limit") {
    scripted_server server{[](server_connection&) {}, {.timeout = 10ms}};
    CHECK_THROWS_WITH_AS(
        server.wait(3),
        "timed out after 20 ms waiting for 3 connections to be served: 0 were accepted, 0 scripts "
        "returned",
        wait_timeout);
  }

  TEST_CASE("a failed script ends its connection") {
    scripted_server server{[](server_connection& client) { client.expect_text("hello"); }};
    raw_client client{server.port()};
    client.send(opcodes::text, "hullo");
    CHECK(client.read_to_end() == "");
  }

  TEST_CASE("the destructor wakes scripts that wait, and ignores what they throw") {
    std::latch waiting{3};
    std::atomic<int> woken{0};
    std::optional<scripted_server> server;
    server.emplace([&](server_connection& client) {
      waiting.count_down();
      try {
        client.set_timeout(10min);
        if (client.index() == 0) client.send_raw(std::string(1 << 26, 'x'));
        client.wait_eof();
      } catch (const script_error&) {
        ++woken;
        throw;
      }
    });
    std::list<raw_client> clients;
    for (int i = 0; i < 3; ++i) clients.emplace_back(server->port());
    waiting.wait();
    server.reset();
    CHECK(woken == 3);
  }

  TEST_CASE("the destructor does not wait for a client that stays after the script") {
    std::optional<scripted_server> server;
    server.emplace([](server_connection&) {}, server_options{.timeout = 10min});
    raw_client client{server->port()};
    server->wait();
    server.reset();
    client.read_to_end();
  }

  TEST_CASE("a server without a connection goes quietly") {
    scripted_server server{[](server_connection&) {}};
    CHECK(server.connections() == 0);
  }

  TEST_CASE("a silent port takes TCP and never answers") {
    scripted_server server{[](server_connection&) {}, {.state = port_state::silent}};
    raw_client client{server.port()};
    client.write("hello");
    CHECK(client.socket().available() == 0);
    CHECK(server.connections() == 0);
  }

  TEST_CASE("a refusing port refuses TCP") {
    scripted_server server{[](server_connection&) {}, {.state = port_state::refusing}};
    try {
      raw_client client{server.port()};
      FAIL("connected");
    } catch (const std::system_error& error) {
      CHECK(error.code() == asio::error::connection_refused);
    }
  }
}
