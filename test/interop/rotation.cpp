#include "test_client.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

// Connections that are replaced while messages are under way: options::max_connection_age.

namespace {

wsx::options short_lived() {
  auto o = trusting_options();
  o.max_connection_age = std::chrono::milliseconds(50);
  return o;
}

// Sends messages until the connection has been replaced a few times. Returns how many. Few of them
// are unanswered at any time: a server that falls behind reads a Close too late.
template <class Client>
std::size_t send_during_rotations(Client& client) {
  constexpr std::uint64_t replaced = 5;
  constexpr std::size_t window = 50;
  std::uint64_t connection = client.stats().connects;
  std::size_t sent = 0;
  std::size_t unanswered = 0;
  const auto may_send = [&] {
    unanswered -= std::min(unanswered, client.unread().size());
    client.unread().clear();
    // What the one before has left unanswered may stay so.
    const auto before = std::exchange(connection, client.stats().connects);
    if (connection != before) unanswered = 0;
    return unanswered < window;
  };
  while (connection <= replaced) {
    client.send_text(std::to_string(sent++));
    ++unanswered;
    client.run_until(may_send);
  }
  return sent;
}

}  // namespace

TEST_SUITE("interop/rotation") {
  // Whether it answers what it had got before the client's Close is up to the server.
  TEST_CASE("the server gets every message once, whichever connection it comes on") {
    with_each_echo_server([](const server& s) {
      test_client observer(s);
      const auto own = std::stoul(observer.ask("!number"));
      std::size_t sent = 0;
      std::size_t connections = 0;
      {
        test_client client(s, short_lived());
        sent = send_during_rotations(client);
        client.close();
        CHECK(client.join().clean);
        connections = static_cast<std::size_t>(client.stats().connects);
      }
      std::size_t came = 0;
      for (auto number = own + 1; number <= own + connections; ++number) {
        const auto how = observer.ask("!closed " + std::to_string(number));
        CHECK(how.substr(0, 4) != "1006");  // cut off
        came += std::stoul(observer.ask("!count " + std::to_string(number)));
      }
      CHECK(came == sent);
    });
  }
}
