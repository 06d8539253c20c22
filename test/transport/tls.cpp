#include "../common/noise.hpp"
#include "../common/small_buffers.hpp"

#include <wsx/testing/scripted_server.hpp>
#include <wsx/transport/tls.hpp>

#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

using namespace wsx::testing;
using common_test::noise;

namespace {

// More than the kernel buffers.
const std::string& much() {
  static const std::string made = noise(32 * 1024 * 1024);
  return made;
}

/// A transport that is connected, and is called as by an engine.
class connected {
 public:
  connected(const scripted_server& server, const certificate& ca)
      : settings_(std::make_shared<wsx::transport_settings>()) {
    settings_->tls = std::make_shared<const wsx::tls_options>(
        wsx::tls_options().set(&wsx::tls_options::ca_pem, ca.certificate_pem));
    transport_.emplace(io_.get_executor(), settings_);
    wsx::url to;
    REQUIRE_FALSE(wsx::parse_url(server.url(), to));
    auto done = asio::co_spawn(io_, transport_->connect(to, details_), asio::use_future);
    io_.run();
    REQUIRE(done.get() == std::error_code());
    const auto own = transport_->local_endpoint();
    const auto port = std::stoi(own.substr(own.rfind(':') + 1));
    common_test::set_send_buffer(static_cast<std::uint16_t>(port), 256 * 1024);
    REQUIRE(read(2) == "go");
  }

  wsx::tls_transport* operator->() { return &*transport_; }

  // Offers bytes that did not count yet, until the socket is full: nobody reads.
  void write() {
    std::error_code error;
    while (!error) error = write_once();
    REQUIRE(error == asio::error::would_block);
  }

  std::error_code write_once() {
    const auto rest = std::string_view(much()).substr(written_, 1024 * 1024);
    REQUIRE_FALSE(rest.empty());
    const auto result = transport_->write_some(wsx::as_bytes(rest));
    written_ += result.bytes;
    return result.error;
  }
  std::size_t written() const noexcept { return written_; }

  std::string read(std::size_t size) {
    std::string bytes;
    while (bytes.size() < size) {
      std::array<std::byte, 100> room{};
      const auto got = transport_->read_some(room);
      bytes += wsx::as_chars(wsx::bytes_view(room).first(got.bytes));
    }
    return bytes;
  }

 private:
  asio::io_context io_;
  std::shared_ptr<wsx::transport_settings> settings_;
  std::optional<wsx::tls_transport> transport_;
  wsx::diagnostics details_;
  std::size_t written_ = 0;
};

/// A server that says "go", reads a number of bytes once it may, and then notes what else comes.
/// (A client that has read all tickets of TLS 1.3 does not reset TCP when it closes it.)
struct slow_reader {
  explicit slow_reader(tls_versions versions, script before = {})
      : server([this,
                before = std::move(before)](server_connection& client) { serve(client, before); },
               {.tls = make_server_certificate(ca),
                .versions = versions,
                .receive_buffer = 16 * 1024}) {}

  void serve(server_connection& client, const script& before) {
    if (before) before(client);
    client.send_raw("go");
    const auto bytes = client.read_raw(wait(may_read));
    right = bytes == std::string_view(much()).substr(0, bytes.size());
    if (then) then(client);
    has_read.set_value();
    more = client.wait_eof();
  }

  void read(std::size_t written) {
    may_read.set_value(written);
    wait(has_read);
    CHECK(right);
  }

  // A test that failed never sets it: then the script fails too.
  template <class T>
  static T wait(std::promise<T>& promise) {
    auto future = promise.get_future();
    if (future.wait_for(std::chrono::seconds(60)) != std::future_status::ready)
      throw script_error("the other side did not go on");
    return future.get();
  }

  const certificate ca = make_ca();
  std::promise<std::size_t> may_read{};
  std::promise<void> has_read{};
  script then{};
  bool right = false;
  std::size_t more = 0;
  scripted_server server;
};

constexpr tls_versions both[] = {tls_versions::all, tls_versions::only_1_2};

}  // namespace

TEST_SUITE("transport/tls") {
  TEST_CASE("what counts as written is what the server can read, to the byte") {
    for (const auto versions : both) {
      CAPTURE(static_cast<int>(versions));
      slow_reader reader(versions);
      connected client(reader.server, reader.ca);
      client.write();
      CHECK(client.written() > 0);
      client->close();
      reader.read(client.written());
      reader.server.wait();
      CHECK(reader.more == 0);
    }
  }

  TEST_CASE("... with records of TLS itself in between") {
    slow_reader reader(tls_versions::all, [](server_connection& client) {
      for (int i = 0; i < 20; ++i) client.tls_update_keys();
    });
    connected client(reader.server, reader.ca);
    client.write();
    client->close();
    reader.read(client.written());
    reader.server.wait();
    CHECK(reader.more == 0);
  }

  TEST_CASE("what a full socket has not taken goes on where it stopped") {
    for (const auto versions : both) {
      CAPTURE(static_cast<int>(versions));
      slow_reader reader(versions);
      connected client(reader.server, reader.ca);
      client.write();
      const auto first = client.written();
      reader.read(first);
      while (client.written() == first) client.write_once();
      client->close();
      reader.server.wait();
      CHECK(reader.more == client.written() - first);
    }
  }

  // The caller would not know of it, and send that again on its next connection.
  TEST_CASE("nothing of what did not count leaves but by another write") {
    bool reads = false;
    SUBCASE("when something is read") {
      reads = true;
    }
    SUBCASE("when writing ends") {}
    for (const auto versions : both) {
      CAPTURE(static_cast<int>(versions));
      slow_reader reader(versions);
      if (reads) {
        reader.then = [versions](server_connection& client) {
          for (int i = 0; versions == tls_versions::all && i < 3; ++i) client.tls_update_keys();
          client.send_raw("more");
        };
      }
      connected client(reader.server, reader.ca);
      client.write();
      reader.read(client.written());  // now the socket has room
      if (reads) {
        CHECK(client.read(4) == "more");
      } else {
        client->shutdown();
      }
      client->close();
      reader.server.wait();
      CHECK(reader.more == 0);
    }
  }
}
