#include "support.hpp"

#include <stdexcept>

// The callback handle_event: what it is told, and in which order.

namespace {

using namespace telemetry_test;

struct diary_fixture : client_fixture<diary> {
  explicit diary_fixture(wsx::options o = calm()) : client_fixture(diary{&log}, std::move(o)) {}

  lines log;
};

}  // namespace

TEST_SUITE("telemetry/events") {
  TEST_CASE("a life with reconnects, every event in its place") {
    diary_fixture f;
    f.server.refuse(asio::error::connection_refused);
    f.client.emplace(f.io.get_executor(), diary{&f.log}, [] {
      auto o = calm();
      o.handle_first_failure = true;
      return o;
    }());
    f.client->connect(f.server.url(), f.connected.token());
    f.client->join(f.ended.join_token());
    poll(f.io);
    CHECK(taken(f.log) == lines{
                              "attempt 1: connecting to ws://server/",
                              "attempt 1 failed: cannot connect to server:80: connecting: "
                              "Connection refused",
                              "(handle_disconnect)",
                              "reconnecting in 1000 ms, attempt 2",
                          });
    f.server.refuse({});
    f.let_pass(1s);
    memory_peer peer = f.next_open();
    CHECK(taken(f.log) == lines{
                              "attempt 2: connecting to ws://server/",
                              "connected to memory:server, attempt 2",
                              "(init)",
                              "(handle_connect)",
                          });
    f.let_pass(2s);
    peer.write(text_frame("answer"));
    peer.write(ping_frame("?"));
    f.client->cast(7);
    poll(f.io);
    CHECK(taken(f.log) == lines{
                              "(handle_cast 7)",
                              "received text, 6 bytes",
                              "(handle_frame answer)",
                              "received ping, 1 byte",
                              "sent pong, 1 byte",
                              "sent text, 5 bytes",
                          });
    peer.close();
    poll(f.io);
    CHECK(taken(f.log) ==
          lines{
              "disconnected after 2000 ms: the connection to server:80 ended without a Close frame",
              "(handle_disconnect)",
              "reconnecting in 1000 ms, attempt 1",
          });
    f.let_pass(1s);
    peer = f.next_open();
    peer.write(close_frame(1000, "bye"));
    peer.close();
    poll(f.io);
    CHECK(taken(f.log) ==
          lines{
              "attempt 1: connecting to ws://server/",
              "connected to memory:server, attempt 1",
              "(handle_connect)",
              "received close, 5 bytes, 1000 (normal): \"bye\"",
              "closing, remote, 1000 (normal): \"bye\"",
              "sent close, 2 bytes, 1000 (normal)",
              "disconnected after 0 ms: closed by the server: 1000 (normal): \"bye\"",
              "(handle_disconnect)",
              "terminated: closed by the server: 1000 (normal): \"bye\"",
              "(terminate)",
          });
    CHECK(f.ended.ok());
  }

  TEST_CASE("closing is told when it begins, and only once") {
    diary_fixture f;
    memory_peer peer = f.open();
    taken(f.log);
    outcome closed;
    f.client->close(wsx::close_code{4000}, "done", closed.token());
    poll(f.io);
    peer.write(close_frame(4000));
    peer.close();
    poll(f.io);
    CHECK(taken(f.log) == lines{
                              "closing, local, 4000: \"done\"",
                              "sent close, 6 bytes, 4000: \"done\"",
                              "received close, 2 bytes, 4000",
                              "disconnected after 0 ms: the connection to server:80 was closed by "
                              "this side: 4000: \"done\"",
                              "(handle_disconnect)",
                              "terminated: the connection to server:80 was closed by this side: "
                              "4000: \"done\"",
                              "(terminate)",
                          });
  }

  TEST_CASE("a connection that fails") {
    diary_fixture f;
    memory_peer peer = f.open();
    taken(f.log);
    peer.write(binary_frame("not wanted"));
    poll(f.io);
    CHECK(taken(f.log) ==
          lines{
              "closing, error, 1003 (unsupported data), a message is of a type that is not taken: "
              "binary, and there is no handle_frame(wsx::binary)",
              "sent close, 42 bytes, 1003 (unsupported data): \"a message is of a type that is "
              "not taken\"",
          });
  }

  TEST_CASE("keepalive: the ping that is sent, and its round trip") {
    diary_fixture f(pinging());
    memory_peer peer = f.open();
    taken(f.log);
    peer.discard_written();
    f.let_pass(10s);
    const auto ping = peer.take_frame();
    REQUIRE(ping);
    f.let_pass(12ms);
    peer.write(pong_frame(ping->payload));
    poll(f.io);
    CHECK(taken(f.log) == lines{
                              "sent ping, 4 bytes",
                              "keepalive answered after 12 ms",
                              "received pong, 4 bytes",
                          });
  }

  TEST_CASE("a client that is aborted") {
    diary_fixture f;
    memory_peer peer = f.open();
    taken(f.log);
    f.client->abort();
    poll(f.io);
    CHECK(taken(f.log) ==
          lines{
              "disconnected after 0 ms: the connection to server:80 was aborted by this side",
              "terminated: the connection to server:80 was aborted by this side",
              "(terminate)",
          });
  }

  TEST_CASE("a client that is closed before it is open") {
    diary_fixture f;
    f.dial();
    outcome closed;
    f.client->close(closed.token());
    poll(f.io);
    CHECK(taken(f.log) == lines{
                              "attempt 1: connecting to ws://server/",
                              "attempt 1 failed: closed by this side, without a code",
                              "terminated: closed by this side, without a code",
                              "(terminate)",
                          });
  }

  TEST_CASE("a destroyed client tells nothing more") {
    diary_fixture f;
    memory_peer peer = f.open();
    taken(f.log);
    f.client.reset();
    poll(f.io);
    CHECK(taken(f.log).empty());
  }

  TEST_CASE("what is refused is told with its number") {
    auto o = calm();
    o.send_queue_size = 256;
    o.mailbox_size = 2;
    o.max_reply_bytes = 100;
    diary_fixture f(o);
    memory_peer peer = f.open();
    taken(f.log);
    peer.allow_write(0);
    std::size_t refused = 0;
    for (int i = 0; i < 10; ++i) {
      if (!f.client->try_send(wsx::text{std::string(50, 'x')})) ++refused;
    }
    for (int i = 0; i < 5; ++i) f.client->cast(i);
    poll(f.io);
    CHECK(taken(f.log) == lines{
                              "send queue full: refused " + std::to_string(refused),
                              "(handle_cast 0)",
                              "(handle_cast 1)",
                              "mailbox full: refused 3",
                          });
    CHECK(refused == 6);
    f.client->try_send(wsx::text{std::string(50, 'x')});
    poll(f.io);
    CHECK(taken(f.log) == lines{"send queue full: refused 1"});
  }
}
