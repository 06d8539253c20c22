#include "../../client/clock.hpp"
#include "../support.hpp"

// RFC 6455 5.5.2: pings that show whether the server still lives. Time passes only where a test
// lets it, or the server answers as soon as it is asked: so no test depends on how fast it runs.

namespace {

using namespace client_test;
using namespace wsx::testing;

struct plain {
  void handle_frame(wsx::text) {}
};

struct comes_back {
  std::vector<std::error_code> reasons{};
  void handle_frame(wsx::text) {}
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    reasons.push_back(d.reason.error);
    return wsx::reconnect();
  }
};

using std::chrono::minutes;

wsx::options eager() {
  auto o = calm();
  o.ping_interval = std::chrono::milliseconds(1);
  o.ping_timeout = minutes(5);
  return o;
}

// Never due but where a test lets the time pass.
wsx::options by_the_minute() {
  auto o = calm();
  o.ping_interval = minutes(10);
  o.ping_timeout = minutes(20);
  return o;
}

}  // namespace

TEST_SUITE("client: keepalive") {
  TEST_CASE("an interval longer than the clock can count is refused before it is used") {
    auto o = calm();
    o.ping_interval = std::chrono::milliseconds::max();
    world<plain> w({}, o);
    wsx::diagnostics details;
    w.client->connect(w.server.url(), details, w.connected.token());
    poll(w.io);
    CHECK(w.connected.failed(wsx::errc::invalid_option));
    CHECK(details.detail ==
          "ping_interval is 9223372036854775807 ms, it must be 0 to 31536000000 ms");
  }

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

  TEST_CASE("a ping when the interval has passed, and not before") {
    world<plain> w({}, by_the_minute());
    memory_peer peer = w.open();
    peer.discard_written();
    let_pass(w.io, minutes(9));
    CHECK(frames_of(peer).empty());
    let_pass(w.io, minutes(1));
    const auto ping = peer.take_frame();
    REQUIRE(ping);
    CHECK(ping->opcode == opcodes::ping);
    CHECK(!peer.take_frame());
    peer.write(pong_frame(ping->payload));
    poll(w.io);
    let_pass(w.io, minutes(9));
    CHECK(frames_of(peer).empty());
    let_pass(w.io, minutes(1));
    CHECK(frames_of(peer).size() == 1);
  }

  TEST_CASE("a server that says nothing is given up when the timeout has passed, and not before") {
    world<plain> w({}, by_the_minute());
    memory_peer peer = w.open();
    peer.write(text_frame("last words"));
    peer.discard_written();
    let_pass(w.io, minutes(10));
    CHECK(peer.take_frame()->opcode == opcodes::ping);
    let_pass(w.io, minutes(19));
    CHECK(w.client->is_open());
    let_pass(w.io, minutes(1));
    CHECK(w.ended.failed(wsx::errc::ping_timeout));
    CHECK(w.ended.error == wsx::condition::timeout);
    CHECK(w.ended.reason.origin == wsx::close_origin::error);
    CHECK(peer.client_closed());
    CHECK(!peer.take_frame());
  }

  TEST_CASE("a server that takes nothing is given up too") {
    world<plain> w({}, by_the_minute());
    memory_peer peer = w.open();
    peer.allow_write(0);
    let_pass(w.io, minutes(10));
    let_pass(w.io, minutes(19));
    CHECK(w.client->is_open());
    let_pass(w.io, minutes(1));
    CHECK(w.ended.failed(wsx::errc::ping_timeout));
    CHECK(peer.client_closed());
  }

  TEST_CASE("a server that takes a large message slowly lives, as long as it takes more") {
    world<plain> w({}, by_the_minute());
    memory_peer peer = w.open();
    peer.allow_write(0);
    CHECK(w.client->try_send(wsx::text{std::string(100'000, 'x')}));
    for (int i = 0; i < 10; ++i) {
      let_pass(w.io, minutes(10));
      peer.allow_write(100);
    }
    CHECK(w.client->is_open());
    for (int i = 0; i < 6; ++i) let_pass(w.io, minutes(10));
    CHECK(w.ended.failed(wsx::errc::ping_timeout));
  }

  TEST_CASE("a ping that had to wait has its whole time from when it was written") {
    world<plain> w({}, by_the_minute());
    memory_peer peer = w.open();
    peer.allow_write(0);
    CHECK(w.client->try_send(wsx::text{"before"}));
    let_pass(w.io, minutes(10));
    let_pass(w.io, minutes(19));
    peer.allow_write(memory_peer::unlimited / 2);
    poll(w.io);
    let_pass(w.io, minutes(19));
    CHECK(w.client->is_open());
    let_pass(w.io, minutes(1));
    CHECK(w.ended.failed(wsx::errc::ping_timeout));
  }

  TEST_CASE("the latency is that of the ping on the wire, however long it had to wait") {
    world<plain> w({}, by_the_minute());
    memory_peer peer = w.open();
    peer.allow_write(0);
    CHECK(w.client->try_send(wsx::text{"before"}));
    let_pass(w.io, minutes(20));
    peer.allow_write(memory_peer::unlimited / 2);
    poll(w.io);
    peer.take_frame();
    const auto ping = peer.take_frame();
    REQUIRE(ping);
    let_pass(w.io, minutes(1));
    peer.write(pong_frame(ping->payload));
    poll(w.io);
    CHECK(w.client->stats().latency >= minutes(1));
    CHECK(w.client->stats().latency < minutes(2));
  }

  TEST_CASE("what the server takes behind the ping proves that it lives, too") {
    world<plain> w({}, by_the_minute());
    memory_peer peer = w.open();
    let_pass(w.io, minutes(10));
    CHECK(frames_of(peer).size() == 1);
    peer.allow_write(0);
    CHECK(w.client->try_send(wsx::text{std::string(1000, 'x')}));
    poll(w.io);
    let_pass(w.io, minutes(15));
    peer.allow_write(100);
    poll(w.io);
    let_pass(w.io, minutes(19));
    CHECK(w.client->is_open());
    let_pass(w.io, minutes(1));
    CHECK(w.ended.failed(wsx::errc::ping_timeout));
  }

  TEST_CASE("a byte in the last minute, and nothing is given up") {
    world<plain> w({}, by_the_minute());
    memory_peer peer = w.open();
    let_pass(w.io, minutes(10));
    let_pass(w.io, minutes(19));
    peer.write(encode_server_frame(text_frame("a")).substr(0, 1));
    poll(w.io);
    let_pass(w.io, minutes(19));
    CHECK(w.client->is_open());
  }

  TEST_CASE("an interval of zero: no pings, however long the server says nothing") {
    auto options = by_the_minute();
    options.ping_interval = std::chrono::milliseconds(0);
    world<plain> w({}, options);
    memory_peer peer = w.open();
    peer.discard_written();
    for (int day = 0; day < 3; ++day) let_pass(w.io, std::chrono::hours(24));
    CHECK(peer.take_written().empty());
    CHECK(w.client->is_open());
    CHECK(works(w, peer));
  }

  TEST_CASE("a server that was given up can be replaced, and is watched as well") {
    world<comes_back> w({}, by_the_minute());
    w.open();
    let_pass(w.io, minutes(10));
    let_pass(w.io, minutes(20));
    CHECK(w.handler().reasons == std::vector<std::error_code>{wsx::errc::ping_timeout});
    memory_peer peer = w.server.next().value();
    peer.accept();
    poll(w.io);
    CHECK(w.client->stats().connects == 2);
    CHECK(w.client->is_open());
    let_pass(w.io, minutes(9));
    CHECK(frames_of(peer).empty());
    let_pass(w.io, minutes(1));
    CHECK(frames_of(peer).size() == 1);
  }
}
