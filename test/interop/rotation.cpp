#include "test_client.hpp"

#include <chrono>
#include <cstddef>
#include <string>

// Connections that are replaced while messages are under way: options::max_connection_age.

namespace {

wsx::options short_lived() {
  auto o = trusting_options();
  o.max_connection_age = std::chrono::milliseconds(50);
  return o;
}

}  // namespace

TEST_SUITE("interop/rotation") {
  // Whether it answers what it had got before the client's Close is up to the server.
  TEST_CASE("the server gets every message once, whichever connection it comes on") {
    with_each_echo_server([](const server& s) {
      constexpr std::size_t replaced = 5;  // at least
      test_client observer(s);
      const auto own = std::stoul(observer.ask("!number"));
      std::size_t sent = 0;
      std::size_t connections = 0;
      {
        test_client client(s, short_lived());
        while (client.stats().connects <= replaced || sent < 1000) {
          client.send_text(std::to_string(sent++));
          client.unread().clear();
        }
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
