#include "../common/black_hole.hpp"
#include "tls_support.hpp"

#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

// A client whose options say where to connect, and how long to try.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

using endpoints = wsx::resolver::endpoints;

const auto here = asio::ip::address_v4::loopback();

// Every host is on this port of this machine.
std::shared_ptr<wsx::resolver> at_port(std::uint16_t port) {
  return wsx::make_resolver([port](const std::string&, std::uint16_t) {
    return endpoints{{here, port}};
  });
}

asio::awaitable<endpoints> never_found() {
  asio::steady_timer never(co_await asio::this_coro::executor,
                           asio::steady_timer::time_point::max());
  co_await never.async_wait(asio::use_awaitable);
  endpoints none;
  co_return none;
}

}  // namespace

TEST_SUITE("loopback/resolving") {
  TEST_CASE("a resolver says where to connect; the request still names the URL's host") {
    std::string host;
    scripted_server server{[&](server_connection& client) {
      host = *client.read_request().find("Host");
      client.accept();
      client.send_close(1000);
      client.expect_close(1000);
    }};
    auto options = calm();
    options.dial.resolver = at_port(server.port());
    CHECK(connect_once(options, "ws://feed.example/").ok());
    server.wait();
    CHECK(host == "feed.example");
  }

  TEST_CASE("TLS: the certificate is for the URL's host, wherever that is") {
    const auto ca = make_ca();
    auto server = tls_server(
        make_server_certificate(ca, {.dns_names = {"feed.example"}, .ip_addresses = {}}));
    auto options = trusting(ca);
    options.dial.resolver = at_port(server.port());
    CHECK(connect_once(options, "wss://feed.example/").ok());
    CHECK(connect_once(options, "wss://other.example/").error == wsx::errc::certificate_rejected);
  }

  TEST_CASE("each attempt asks again") {
    scripted_server server{accept_and_end};
    scripted_server refusing{[](server_connection&) {}, {.state = port_state::refusing}};
    std::vector<std::string> asked;
    auto options = calm();
    options.handle_first_failure = true;
    options.dial.resolver = wsx::make_resolver([&](const std::string& host, std::uint16_t port) {
      asked.push_back(host + ":" + std::to_string(port));
      return endpoints{{here, asked.size() < 3 ? refusing.port() : server.port()}};
    });
    recorder handler;
    handler.on_disconnect = [](const wsx::disconnect& d) -> wsx::disconnect_decision {
      if (d.reason.error == asio::error::connection_refused)
        return wsx::reconnect_after(std::chrono::milliseconds(0));
      return wsx::stop();
    };
    test_client<> client{handler, options};
    client.open(wsx::request("ws://feed.example:7/"));
    CHECK(client.join().error == std::error_code());
    CHECK(asked == std::vector<std::string>(3, "feed.example:7"));
  }

  TEST_CASE("what a resolver throws is said") {
    auto options = calm();
    options.dial.resolver = wsx::make_resolver([](const std::string&, std::uint16_t) -> endpoints {
      throw std::system_error(asio::error::host_not_found, "zone 7");
    });
    const auto system = connect_once(options, "ws://feed.example/");
    CHECK(system.error == asio::error::host_not_found);
    CHECK(system.diagnostics.message.starts_with(
        "cannot connect to feed.example:80: resolving the name: zone 7: "));
    options.dial.resolver = wsx::make_resolver([](const std::string&, std::uint16_t) -> endpoints {
      throw std::runtime_error("no luck");
    });
    const auto other = connect_once(options, "ws://feed.example/");
    CHECK(other.error == wsx::errc::internal_failure);
    CHECK(other.diagnostics.message.ends_with("no luck"));
  }

  TEST_CASE("connect_timeout while a resolver is asked") {
    auto options = calm();
    options.connect_timeout = std::chrono::milliseconds(30);
    options.dial.resolver = wsx::make_resolver(
        [](std::string, std::uint16_t) -> asio::awaitable<endpoints> { return never_found(); });
    const auto connected = connect_once(options, "ws://feed.example/");
    CHECK(connected.error == wsx::errc::connect_timeout);
    CHECK(connected.diagnostics.message ==
          "cannot connect to feed.example:80: resolving the name: not finished within 0.03 s "
          "(connect_timeout)");
  }

#ifdef __linux__

  TEST_CASE("address_timeout ends the attempt before connect_timeout does") {
    const common_test::black_hole silent;
    auto options = calm();
    options.connect_timeout = std::chrono::minutes(10);
    options.dial.address_timeout = std::chrono::milliseconds(1);
    const auto port = std::to_string(silent.endpoint().port());
    const auto connected = connect_once(options, "ws://127.0.0.2:" + port + "/");
    CHECK(connected.error == asio::error::timed_out);
    CHECK(connected.error == wsx::condition::transient);
    CHECK(connected.diagnostics.tried.size() == 1);
  }

#endif
}
