#include "../../../lib/transport/proxy/proxy_tls.hpp"

#include <wsx/testing/certificates.hpp>
#include <wsx/testing/scripted_server.hpp>

#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <system_error>

namespace {

using namespace wsx::testing;

class counting_listener final : public wsx::readiness_listener {
 public:
  explicit counting_listener(asio::io_context& io) : serial_(wsx::as_strand(io.get_executor())) {}
  void on_ready(wsx::io_direction, std::uint32_t, std::error_code error) override {
    CHECK_FALSE(error);
    ++count;
  }
  const wsx::strand& serial() const noexcept override { return serial_; }

  int count = 0;

 private:
  wsx::strand serial_;
};

std::shared_ptr<wsx::transport_settings> trusting(const certificate& ca) {
  wsx::tls_options tls;
  tls.ca_pem = ca.certificate_pem;
  auto settings = std::make_shared<wsx::transport_settings>();
  settings->tls = std::make_shared<const wsx::tls_options>(tls);
  return settings;
}

}  // namespace

TEST_SUITE("transport/proxy/proxy_tls") {
  TEST_CASE("what is left of a record is worth another read, though the socket is empty") {
    const auto ca = make_ca();
    scripted_server server{[](server_connection& client) {
                             client.send_raw(std::string(100, 'x'));
                             client.wait_eof();
                           },
                           {.tls = make_server_certificate(ca)}};
    asio::io_context io;
    wsx::proxy_tls tls(io.get_executor(), trusting(ca));
    wsx::url to;
    REQUIRE_FALSE(wsx::parse_url(server.url(), to));
    wsx::diagnostics d;
    auto connected = asio::co_spawn(io, tls.connect(to, d), asio::use_future);
    io.run();
    REQUIRE(connected.get() == std::error_code());
    std::array<std::byte, 60> room{};
    wsx::io_result got = tls.read_some(room);
    while (got.bytes == 0) {
      auto ready = asio::co_spawn(io, tls.ready(wsx::io_direction::read), asio::use_future);
      io.restart();
      io.run();
      got = tls.read_some(room);
    }
    REQUIRE(got.bytes == room.size());

    // Nothing else arrives: neither wait could end by the socket.
    bool again = false;
    asio::co_spawn(io, tls.ready(wsx::io_direction::read),
                   [&](const std::exception_ptr&, std::error_code error) { again = !error; });
    const auto listener = std::make_shared<counting_listener>(io);
    tls.async_wait(wsx::io_direction::read,
                   wsx::wait_handler(listener, wsx::io_direction::read, 1));
    CHECK(listener->count == 0);
    io.restart();
    io.poll();
    CHECK(again);
    CHECK(listener->count == 1);
    got = tls.read_some(room);
    CHECK(got.bytes == 40);

    tls.async_wait(wsx::io_direction::read,
                   wsx::wait_handler(listener, wsx::io_direction::read, 1));
    io.restart();
    io.poll();
    CHECK(listener->count == 1);
  }
}
