#include "support.hpp"

// RFC 6455 5.5.2: pings that show whether the server still lives. The server here answers as soon
// as it is asked, so that no test depends on how fast it runs.

namespace {

using namespace client_test;
using namespace wsx::testing;

struct plain {
  void handle_frame(wsx::text) {}
};

wsx::options eager() {
  auto o = calm();
  o.ping_interval = std::chrono::milliseconds(1);
  o.ping_timeout = std::chrono::milliseconds(50);
  return o;
}

}  // namespace

TEST_SUITE("client: keepalive") {
  TEST_CASE("pings that are answered keep the connection, and tell the latency") {
    world<plain> w({}, eager());
    memory_peer peer = w.open();
    lines payloads;
    REQUIRE(run_until(w.io, [&] {
      while (const auto frame = peer.take_frame()) {
        REQUIRE(frame->opcode == opcodes::ping);
        payloads.push_back(frame->payload);
        peer.write(pong_frame(frame->payload));
      }
      return payloads.size() >= 5 && w.client->stats().latency.count() > 0;
    }));
    CHECK(!w.ended.done());
    // Each can be told from the one before.
    for (std::size_t i = 1; i < payloads.size(); ++i) CHECK(payloads[i] != payloads[i - 1]);
  }

  TEST_CASE("any byte proves that the server lives") {
    world<plain> w({}, eager());
    memory_peer peer = w.open();
    const std::string slow = encode_server_frame(text_frame(std::string(100, 'a')));
    std::size_t pings = 0;
    REQUIRE(run_until(w.io, [&] {
      while (peer.take_frame()) peer.write(slow.substr(pings++, 1));
      return pings == 5;
    }));
    CHECK(!w.ended.done());
    CHECK(w.client->stats().latency.count() == 0);
  }

  TEST_CASE("a server that says nothing is given up") {
    auto options = eager();
    options.ping_timeout = std::chrono::milliseconds(1);
    world<plain> w({}, options);
    memory_peer peer = w.open();
    REQUIRE(run_until(w.io, [&] { return w.ended.done(); }));
    CHECK(w.ended.failed(wsx::errc::ping_timeout));
    CHECK(w.ended.error == wsx::condition::timeout);
    CHECK(w.ended.reason.origin == wsx::close_origin::error);
    CHECK(peer.client_closed());
    CHECK(peer.take_frame()->opcode == opcodes::ping);
    CHECK(!peer.take_frame());
  }

  TEST_CASE("a server that takes nothing is given up too") {
    auto options = eager();
    options.ping_timeout = std::chrono::milliseconds(1);
    world<plain> w({}, options);
    memory_peer peer = w.open();
    peer.allow_write(0);
    REQUIRE(run_until(w.io, [&] { return w.ended.done(); }));
    CHECK(w.ended.failed(wsx::errc::ping_timeout));
  }

  TEST_CASE("an interval of zero: no pings") {
    world<plain> w;
    memory_peer peer = w.open();
    poll(w.io);
    // Nothing is under way but the read: the loop would sleep for ever.
    w.io.restart();
    CHECK(w.io.run_for(std::chrono::milliseconds(5)) == 0);
    CHECK(peer.take_written().empty());
  }
}
