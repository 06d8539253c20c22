#include "../support.hpp"

// RFC 6455 5.5.2: pings that show whether the server still lives.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

struct comes_back {
  std::vector<std::error_code> reasons{};
  void handle_frame(wsx::text) {}
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    reasons.push_back(d.reason.error);
    return wsx::reconnect();
  }
};

using std::chrono::minutes;

wsx::options by_the_minute() {
  auto o = calm();
  o.ping_interval = minutes(10);
  o.ping_timeout = minutes(20);
  return o;
}

}  // namespace

TEST_SUITE("behavior/time/keepalive") {
  TEST_CASE("an interval longer than the clock can count is refused before it is used") {
    auto o = calm();
    o.ping_interval = std::chrono::milliseconds::max();
    client_fixture<quiet> f({}, o);
    wsx::diagnostics details;
    f.client->connect(f.server.url(), details, f.connected.token());
    poll(f.io);
    CHECK(f.connected.failed(wsx::errc::invalid_option));
    CHECK(details.detail ==
          "ping_interval is 9223372036854775807 ms, it must be 0 to 31536000000 ms");
  }

  TEST_CASE("pings that are answered keep the connection, and tell the latency") {
    constexpr std::chrono::seconds a_second{1};
    client_fixture<quiet> f({}, by_the_minute());
    memory_peer peer = f.open();
    peer.discard_written();
    lines payloads;
    f.let_pass(a_second);
    for (int i = 0; i < 5; ++i) {
      f.let_pass(minutes(10) - a_second);
      const auto frame = peer.take_frame();
      REQUIRE(frame);
      REQUIRE(frame->opcode == opcodes::ping);
      payloads.push_back(frame->payload);
      f.let_pass(a_second);
      peer.write(pong_frame(frame->payload));
      poll(f.io);
    }
    CHECK(!f.ended.done());
    CHECK(f.client->stats().latency == a_second);
    // Each can be told from the one before.
    for (std::size_t i = 1; i < payloads.size(); ++i) CHECK(payloads[i] != payloads[i - 1]);
  }

  TEST_CASE("any byte proves that the server lives") {
    client_fixture<quiet> f({}, by_the_minute());
    memory_peer peer = f.open();
    peer.discard_written();
    for (const char byte : encode_server_frame(text_frame("aaa"))) {
      f.let_pass(minutes(10));
      CHECK(frames_of(peer).size() == 1);
      peer.write(std::string(1, byte));
      poll(f.io);
    }
    CHECK(!f.ended.done());
    CHECK(f.client->stats().latency.count() == 0);
  }

  TEST_CASE("a ping when the interval has passed, and not before") {
    client_fixture<quiet> f({}, by_the_minute());
    memory_peer peer = f.open();
    peer.discard_written();
    f.let_pass(minutes(9));
    CHECK(frames_of(peer).empty());
    f.let_pass(minutes(1));
    const auto ping = peer.take_frame();
    REQUIRE(ping);
    CHECK(ping->opcode == opcodes::ping);
    CHECK(!peer.take_frame());
    peer.write(pong_frame(ping->payload));
    poll(f.io);
    f.let_pass(minutes(9));
    CHECK(frames_of(peer).empty());
    f.let_pass(minutes(1));
    CHECK(frames_of(peer).size() == 1);
  }

  TEST_CASE("a server that says nothing is given up when the timeout has passed, and not before") {
    client_fixture<quiet> f({}, by_the_minute());
    memory_peer peer = f.open();
    peer.write(text_frame("last words"));
    peer.discard_written();
    f.let_pass(minutes(10));
    CHECK(peer.take_frame()->opcode == opcodes::ping);
    f.let_pass(minutes(19));
    CHECK(f.client->is_open());
    f.let_pass(minutes(1));
    CHECK(f.ended.failed(wsx::errc::ping_timeout));
    CHECK(f.ended.error == wsx::condition::timeout);
    CHECK(f.ended.reason.origin == wsx::close_origin::error);
    CHECK(peer.client_closed());
    CHECK(!peer.take_frame());
  }

  TEST_CASE("a server that takes nothing is given up too") {
    client_fixture<quiet> f({}, by_the_minute());
    memory_peer peer = f.open();
    peer.allow_write(0);
    f.let_pass(minutes(10));
    f.let_pass(minutes(19));
    CHECK(f.client->is_open());
    f.let_pass(minutes(1));
    CHECK(f.ended.failed(wsx::errc::ping_timeout));
    CHECK(peer.client_closed());
  }

  TEST_CASE("a server that takes a large message slowly lives, as long as it takes more") {
    client_fixture<quiet> f({}, by_the_minute());
    memory_peer peer = f.open();
    peer.allow_write(0);
    CHECK(f.client->try_send(wsx::text{std::string(100'000, 'x')}));
    for (int i = 0; i < 10; ++i) {
      f.let_pass(minutes(10));
      peer.allow_write(100);
    }
    CHECK(f.client->is_open());
    for (int i = 0; i < 6; ++i) f.let_pass(minutes(10));
    CHECK(f.ended.failed(wsx::errc::ping_timeout));
  }

  TEST_CASE("a ping that had to wait has its whole time from when it was written") {
    client_fixture<quiet> f({}, by_the_minute());
    memory_peer peer = f.open();
    peer.allow_write(0);
    CHECK(f.client->try_send(wsx::text{"before"}));
    f.let_pass(minutes(10));
    f.let_pass(minutes(19));
    peer.allow_write(memory_peer::unlimited / 2);
    poll(f.io);
    f.let_pass(minutes(19));
    CHECK(f.client->is_open());
    f.let_pass(minutes(1));
    CHECK(f.ended.failed(wsx::errc::ping_timeout));
  }

  TEST_CASE("the latency is that of the ping on the wire, however long it had to wait") {
    client_fixture<quiet> f({}, by_the_minute());
    memory_peer peer = f.open();
    peer.allow_write(0);
    CHECK(f.client->try_send(wsx::text{"before"}));
    f.let_pass(minutes(20));
    peer.allow_write(memory_peer::unlimited / 2);
    poll(f.io);
    peer.take_frame();
    const auto ping = peer.take_frame();
    REQUIRE(ping);
    f.let_pass(minutes(1));
    peer.write(pong_frame(ping->payload));
    poll(f.io);
    CHECK(f.client->stats().latency >= minutes(1));
    CHECK(f.client->stats().latency < minutes(2));
  }

  TEST_CASE("what the server takes behind the ping proves that it lives, too") {
    client_fixture<quiet> f({}, by_the_minute());
    memory_peer peer = f.open();
    f.let_pass(minutes(10));
    CHECK(frames_of(peer).size() == 1);
    peer.allow_write(0);
    CHECK(f.client->try_send(wsx::text{std::string(1000, 'x')}));
    poll(f.io);
    f.let_pass(minutes(15));
    peer.allow_write(100);
    poll(f.io);
    f.let_pass(minutes(19));
    CHECK(f.client->is_open());
    f.let_pass(minutes(1));
    CHECK(f.ended.failed(wsx::errc::ping_timeout));
  }

  TEST_CASE("a byte in the last minute, and nothing is given up") {
    client_fixture<quiet> f({}, by_the_minute());
    memory_peer peer = f.open();
    f.let_pass(minutes(10));
    f.let_pass(minutes(19));
    peer.write(encode_server_frame(text_frame("a")).substr(0, 1));
    poll(f.io);
    f.let_pass(minutes(19));
    CHECK(f.client->is_open());
  }

  TEST_CASE("an interval of zero: no pings, however long the server says nothing") {
    auto options = by_the_minute();
    options.ping_interval = std::chrono::milliseconds(0);
    client_fixture<quiet> f({}, options);
    memory_peer peer = f.open();
    peer.discard_written();
    for (int day = 0; day < 3; ++day) f.let_pass(std::chrono::hours(24));
    CHECK(peer.take_written().empty());
    CHECK(f.client->is_open());
    CHECK(works(f, peer));
  }

  TEST_CASE("a server that was given up can be replaced, and is watched as well") {
    client_fixture<comes_back> f({}, by_the_minute());
    f.open();
    f.let_pass(minutes(10));
    f.let_pass(minutes(20));
    CHECK(f.handler().reasons == std::vector<std::error_code>{wsx::errc::ping_timeout});
    memory_peer peer = f.server.next().value();
    peer.accept();
    poll(f.io);
    CHECK(f.client->stats().connects == 2);
    CHECK(f.client->is_open());
    f.let_pass(minutes(9));
    CHECK(frames_of(peer).empty());
    f.let_pass(minutes(1));
    CHECK(frames_of(peer).size() == 1);
  }
}
