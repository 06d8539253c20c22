#include "test_client.hpp"

#include <asio/error.hpp>

#include <cstdint>
#include <string>

namespace {

// The servers send 500 bytes of a message of 1000.
constexpr std::uint64_t half = 500;

// Has the server send half a message, and waits for that half.
void begin_message(test_client<>& client) {
  const auto before = client.stats().bytes_received;
  client.send_text("!half");
  client.wait_for_bytes(before + half);
}

}  // namespace

TEST_SUITE("interop/drop: RFC 6455 7.1.5") {
  TEST_CASE("the connection ends in the middle of a message") {
    with_each_echo_server([](const server& s) {
      test_client client{s};
      const auto number = client.ask("!number");
      const auto before = client.stats().bytes_received;
      client.send_text("!drop");
      check_dropped(client);
      CHECK(client.stats().bytes_received >= before + half);

      // The server is still there, and saw no Close.
      test_client witness{s};
      CHECK(witness.ask("!closed " + number) == "1006 ");
    });
  }

  TEST_CASE("the connection is reset in the middle of a message") {
    with_each_echo_server([](const server& s) {
      test_client client{s};
      client.send_text("!reset");
      check_dropped(client);
    });
  }

  TEST_CASE("the server is killed in the middle of a message, and is gone") {
    with_each_of({"NODE_DOOMED_WS", "PYTHON_DOOMED_WS"}, [](const server& s) {
      test_client client{s};
      begin_message(client);
      kill_server(s);
      check_dropped(client);

      // Refused, or accepted and ended by what the kernel has not yet taken down.
      const auto error = refusal(s.url).code();
      CHECK((error == asio::error::connection_refused || error == wsx::errc::handshake_dropped));
    });
  }

  TEST_CASE("the server behind a TLS front is killed in the middle of a message, and is gone") {
    with_each_of({"NODE_DOOMED_WSS", "PYTHON_DOOMED_WSS"}, [](const server& s) {
      test_client client{s};
      begin_message(client);
      kill_server(s);
      check_dropped(client);

      const auto e = refusal(s.url);
      CHECK(e.code() == wsx::errc::refused_for_now);
      CHECK(e.diagnostics().http_status == 502);
    });
  }

  // TCP ends, but TLS does not: no close_notify comes.
  TEST_CASE("the TLS front is killed in the middle of a message, and is gone") {
    with_each_of({"NGINX_DOOMED"}, [](const server& s) {
      test_client client{s};
      begin_message(client);
      kill_server(s);
      check_dropped(client);
      CHECK(refusal(s.url).diagnostics().http_status == 0);
    });
  }
}
