#include "test_client.hpp"

#include <string>

TEST_SUITE("interop/pings: RFC 6455 5.5.2") {
  TEST_CASE("a ping of the client is answered with its payload") {
    with_each_echo_server([](const server& s) {
      test_client client{s};
      for (const auto& payload : {std::string(), std::string("are you there?"),
                                  std::string(wsx::max_control_payload, 'p')}) {
        client.send(wsx::ping{payload});
        CHECK(client.next() == received{wsx::opcode::pong, payload});
      }
    });
  }

  TEST_CASE("a ping of the server is answered, which the server confirms") {
    with_each_echo_server([](const server& s) {
      test_client client{s};
      CHECK(client.ask("!ping whoever") == "pong whoever");
      const std::string longest(wsx::max_control_payload, 'p');
      CHECK(client.ask("!ping " + longest) == "pong " + longest);
    });
  }
}
