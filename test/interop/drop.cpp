#include "test_client.hpp"

#include <asio/error.hpp>

#include <cstdint>
#include <string>
#include <system_error>

TEST_SUITE_BEGIN("interop/drop: RFC 6455 7.1.5");

namespace {

// The servers send 500 bytes of a message of 1000.
constexpr std::uint64_t half = 500;

void check_dropped(test_client<>& client) {
  const auto reason = client.join();
  CHECK(reason.origin == wsx::close_origin::remote);
  CHECK(reason.error == wsx::errc::connection_dropped);
  CHECK_FALSE(reason.received);
  CHECK_FALSE(reason.clean);
  CHECK(client.unread().empty());
}

// Why connecting fails, if it does.
std::error_code connect_error(const server& s) {
  test_client late;
  try {
    late.connect({.url = s.url});
  } catch (const wsx::system_error& e) {
    return e.code();
  }
  return {};
}

}  // namespace

TEST_CASE("the connection ends amid a message") {
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

TEST_CASE("the connection is reset amid a message") {
  with_each_echo_server([](const server& s) {
    test_client client{s};
    client.send_text("!reset");
    check_dropped(client);
  });
}

TEST_CASE("the server is killed amid a message, and is gone") {
  with_each_of({"NODE_DOOMED", "PYTHON_DOOMED"}, [](const server& s) {
    test_client client{s};
    client.send_text("!kill");
    check_dropped(client);

    // Refused, or accepted and ended by what the kernel has not yet taken down.
    const auto error = connect_error(s);
    CHECK((error == asio::error::connection_refused || error == asio::error::connection_reset ||
           error == wsx::errc::connection_dropped));
  });
}

TEST_SUITE_END();
