#include "../common/small_buffers.hpp"
#include "relay.hpp"
#include "support.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

// Keepalive on a slow network: a ping behind bulk data takes long to arrive, and so does its pong.
// As long as the server takes bytes the connection lives; once it takes none it does not. All
// uploads run at the same time, each through a relay of its own: together they take as long as one,
// two minutes, and hardly any processor time.

using namespace common_test;
using namespace loopback_test;
using namespace wsx::testing;

namespace {

constexpr std::size_t bytes_to_upload = 16'000'000;  // 128 s at 1 Mbit/s

struct listener {
  std::uint16_t port = 0;  // of this side

  void handle_connect(const wsx::connection_info& info) {
    const auto colon = info.local_endpoint.rfind(':');
    port = static_cast<std::uint16_t>(std::stoi(info.local_endpoint.substr(colon + 1)));
  }
  void handle_frame(wsx::binary) {}
};
using client_type = wsx::client<listener>;

// Pings are due all the time, and none of them is answered in time.
wsx::options pinging(const certificate& ca) {
  wsx::options options;
  options.ping_interval = std::chrono::seconds(2);
  options.ping_timeout = std::chrono::seconds(2);
  options.tls.ca_pem = ca.certificate_pem;
  return options;
}

struct upload {
  bool tls;
  std::size_t message_size;
  // How it ended.
  std::error_code error{};
  bool clean = false;
  int unsent_bound = 0;  // what the kernel keeps before it has sent it, once the line was slow
};

asio::awaitable<void> send_all(client_type& client, std::size_t message_size) {
  const std::string message(message_size, 'x');
  const wsx::binary frame{std::string_view(message)};
  for (std::size_t sent = 0; sent < bytes_to_upload; sent += message_size)
    if (!client.try_send(frame)) co_await client.send(frame);
}

// A client that does not end in order throws why.
asio::awaitable<void> run(upload& self, const wsx::options& options, const std::string& url) {
  client_type client(co_await asio::this_coro::executor, listener(), options);
  try {
    co_await client.connect(url);
    co_await send_all(client, self.message_size);
    const socket_at socket(client.handler().port, socket_at::own);
    self.unsent_bound = socket.get(IPPROTO_TCP, TCP_NOTSENT_LOWAT);
  } catch (const wsx::system_error&) {}  // `join` knows why
  try {
    const auto reason = co_await client.join();
    self.clean = reason.clean;
  } catch (const wsx::system_error& e) {
    self.error = e.code();
  }
}

// Takes everything, answers pings, and closes when all has come.
void take_all(server_connection& client) {
  client.set_timeout(std::chrono::minutes(5));
  client.accept();
  std::size_t bytes = 0;
  for (auto frame = client.read_frame(); frame; frame = client.read_frame()) {
    if (frame->opcode == opcodes::close) return;
    if (frame->opcode == opcodes::ping) client.send_pong(frame->payload);
    if (frame->opcode > opcodes::binary) continue;
    bytes += frame->payload.size();
    if (bytes == bytes_to_upload) client.send_close(1000);
  }
}

std::string url_through(const relay& line, bool tls) {
  return (tls ? "wss://127.0.0.1:" : "ws://127.0.0.1:") + std::to_string(line.port()) + "/";
}

// Every way to send, in the clear and over TLS, all at once.
std::vector<upload> upload_each_way(std::vector<std::size_t> message_sizes, relay_options how) {
  const auto ca = make_ca();
  scripted_server server(take_all);
  scripted_server tls_server(take_all, {.tls = make_server_certificate(ca)});
  relay line(server.port(), how);
  relay tls_line(tls_server.port(), how);

  std::vector<upload> all;
  for (const auto size : message_sizes)
    for (const bool tls : {false, true}) all.push_back({tls, size});
  const auto options = pinging(ca);
  const std::string urls[] = {url_through(line, false), url_through(tls_line, true)};
  asio::io_context io;
  for (auto& each : all)
    asio::co_spawn(io, run(each, options, urls[each.tls ? 1 : 0]), asio::detached);
  io.run_for(std::chrono::minutes(5));
  return all;
}

}  // namespace

TEST_SUITE("loopback/slow_network") {
  TEST_CASE("an upload that takes two minutes outlives pings that are answered late") {
    for (const auto& upload : upload_each_way({bytes_to_upload, 64'000, 1000}, {})) {
      CAPTURE(upload.tls);
      CAPTURE(upload.message_size);
      CHECK(upload.error == std::error_code());
      CHECK(upload.clean);  // so the server got all
      CHECK(upload.unsent_bound == 256 * 1024);
    }
  }

  TEST_CASE("an upload that nobody takes any more is given up") {
    for (const auto& upload :
         upload_each_way({bytes_to_upload, 64'000, 1000}, {.stops_after = 300'000})) {
      CAPTURE(upload.tls);
      CAPTURE(upload.message_size);
      CHECK(upload.error == wsx::errc::ping_timeout);
    }
  }
}
