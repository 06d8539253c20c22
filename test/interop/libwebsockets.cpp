#include "test_client.hpp"

#include <string>

TEST_SUITE_BEGIN("interop/libwebsockets");

namespace {

// This server's subprotocols are its services.
void connect(test_client<>& client, std::string subprotocol) {
  client.connect(
      {.url = server_named("LWS").url, .headers = {}, .subprotocols = {std::move(subprotocol)}});
}

}  // namespace

TEST_CASE("it counts, and starts again when it is told") {
  test_client client;
  connect(client, "dumb-increment-protocol");
  for (int i = 0; i < 5; ++i) {
    CHECK(client.next() == received{wsx::opcode::text, std::to_string(i)});
  }
  client.send_text("reset\n");
  while (client.next().payload != "0") {}
  CHECK(client.next().payload == "1");
}

TEST_CASE("it mirrors text to all of its clients") {
  test_client sender;
  connect(sender, "lws-mirror-protocol");
  test_client other;
  connect(other, "lws-mirror-protocol");
  sender.send_text("hello mirror");
  CHECK(sender.next() == received{wsx::opcode::text, "hello mirror"});
  CHECK(other.next() == received{wsx::opcode::text, "hello mirror"});
}

TEST_CASE("it answers pings") {
  test_client client;
  connect(client, "lws-mirror-protocol");
  client.send(wsx::ping{"are you there?"});
  CHECK(client.next() == received{wsx::opcode::pong, "are you there?"});
}

TEST_CASE("it echoes the code of the client's Close") {
  test_client client;
  connect(client, "lws-mirror-protocol");
  client.close(wsx::close_code{4001}, "good bye");
  const auto reason = client.join();
  CHECK(reason.origin == wsx::close_origin::local);
  CHECK(reason.received == wsx::close_code{4001});
  CHECK(reason.clean);
}

TEST_CASE("it closes when it is told") {
  test_client client;
  connect(client, "dumb-increment-protocol");
  client.send_text("closeme\n");
  const auto reason = client.join();
  CHECK(reason.origin == wsx::close_origin::remote);
  CHECK(reason.received == wsx::close_code::going_away);
  CHECK(reason.text == "seeya");
  CHECK(reason.clean);
}

TEST_CASE("it hangs up on a subprotocol that it does not know") {
  test_client client;
  try {
    connect(client, "unheard.of");
    FAIL("it connected");
  } catch (const wsx::system_error& e) {
    CHECK(e.code() == wsx::errc::connection_dropped);
    CHECK(e.diagnostics().http_status == 0);
  }
}

TEST_SUITE_END();
