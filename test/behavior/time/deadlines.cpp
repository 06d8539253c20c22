#include "../support.hpp"

// The client's deadlines, most of them to the minute: each is absolute, and what they cut has its
// own error.

namespace {

using namespace behavior_test;
using namespace wsx::testing;
using std::chrono::milliseconds;
using std::chrono::minutes;

struct answers_at_length {
  void handle_frame(wsx::text, wsx::session& s) {
    CHECK_FALSE(s.send(wsx::text{std::string(300'000, 'x')}));
  }
};

wsx::options by_the_minute() {
  auto o = calm();
  o.connect_timeout = minutes(10);
  o.handshake_timeout = minutes(20);
  o.close_timeout = minutes(30);
  return o;
}

struct fixture : client_fixture<quiet> {
  fixture() : client_fixture<quiet>({}, by_the_minute()) {}
};

// Connects; the client has written its request then.
memory_peer dial(client_fixture<quiet>& f, wsx::diagnostics& refusal) {
  f.client->connect(f.server.url(), refusal, f.connected.token());
  poll(f.io);
  auto peer = f.server.next();
  REQUIRE(peer);
  return *peer;
}

}  // namespace

TEST_SUITE("behavior/time/deadlines") {
  TEST_CASE("connect_timeout, while the transport connects") {
    fixture f;
    f.server.hold();
    f.client->connect(f.server.url(), f.connected.token());
    poll(f.io);
    f.let_pass(minutes(9));
    CHECK(!f.connected.done());
    f.let_pass(minutes(1));
    CHECK(f.connected.failed(wsx::errc::connect_timeout));
    // Nothing of it is left for the next attempt.
    f.server.release();
    while (f.server.next()) {}
    memory_peer peer = f.open();
    f.let_pass(minutes(100));
    CHECK(works(f, peer));
  }

  TEST_CASE("handshake_timeout begins when the transport is connected") {
    fixture f;
    f.server.hold();
    f.client->connect(f.server.url(), f.connected.token());
    poll(f.io);
    f.let_pass(minutes(9));
    f.server.release();
    poll(f.io);
    memory_peer peer = f.server.next().value();
    f.let_pass(minutes(19));
    CHECK(!f.connected.done());
    f.let_pass(minutes(1));
    CHECK(f.connected.failed(wsx::errc::handshake_timeout));
    CHECK(peer.client_closed());
  }

  TEST_CASE("connect_timeout may be longer than handshake_timeout") {
    auto options = by_the_minute();
    options.connect_timeout = minutes(40);
    client_fixture<quiet> f({}, options);
    f.server.hold();
    f.client->connect(f.server.url(), f.connected.token());
    poll(f.io);
    for (int tens = 0; tens < 3; ++tens) f.let_pass(minutes(10));
    f.let_pass(minutes(9));
    CHECK(!f.connected.done());
    f.let_pass(minutes(1));
    CHECK(f.connected.failed(wsx::errc::connect_timeout));
  }

  TEST_CASE("handshake_timeout is absolute: a response that trickles does not extend it") {
    fixture f;
    memory_peer peer = f.dial();
    peer.write("HTTP/1.1 101 Switching Protocols\r\nA: ");
    for (int minute = 0; minute < 19; ++minute) {
      peer.write("x");
      f.let_pass(minutes(1));
    }
    CHECK(!f.connected.done());
    peer.write("x");
    f.let_pass(minutes(1));
    CHECK(f.connected.failed(wsx::errc::handshake_timeout));
  }

  TEST_CASE("handshake_timeout, while the request does not go out") {
    fixture f;
    f.server.on_accept([](memory_peer& peer) { peer.allow_write(10); });
    memory_peer peer = f.dial();
    CHECK(peer.bytes_written() == 10);
    f.let_pass(minutes(19));
    CHECK(!f.connected.done());
    f.let_pass(minutes(1));
    CHECK(f.connected.failed(wsx::errc::handshake_timeout));
  }

  TEST_CASE("a refusal whose body never comes is still that refusal") {
    fixture f;
    wsx::diagnostics refusal;
    memory_peer peer = dial(f, refusal);
    peer.write("HTTP/1.1 403 No\r\nContent-Length: 100\r\n\r\npart");
    f.let_pass(minutes(19));
    CHECK(!f.connected.done());
    f.let_pass(minutes(1));
    CHECK(f.connected.failed(wsx::errc::refused));
    CHECK(refusal.http_status == 403);
    CHECK(refusal.http_body == "part");
    CHECK(peer.client_closed());
  }

  TEST_CASE("a refusal whose body has no length is told after 0.3 seconds, with what has come") {
    fixture f;
    wsx::diagnostics refusal;
    memory_peer peer = dial(f, refusal);
    peer.write("HTTP/1.1 403 No\r\n\r\npart");
    poll(f.io);
    CHECK(!f.connected.done());
    f.let_pass(milliseconds(300));
    CHECK(f.connected.failed(wsx::errc::refused));
    CHECK(refusal.http_status == 403);
    CHECK(refusal.http_body == "part");
    CHECK(peer.client_closed());
  }

  TEST_CASE("the wait for such a body does not outlast handshake_timeout") {
    auto options = by_the_minute();
    options.handshake_timeout = milliseconds(200);
    client_fixture<quiet> f({}, options);
    memory_peer peer = f.dial();
    peer.write("HTTP/1.1 403 No\r\n\r\npart");
    f.let_pass(milliseconds(200));
    CHECK(f.connected.done());
  }

  TEST_CASE("a refused attempt ends its connection in order; one that takes too long at once") {
    for (const bool refused : {true, false}) {
      CAPTURE(refused);
      fixture f;
      memory_peer peer = f.dial();
      if (refused) {
        peer.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        poll(f.io);
      } else {
        f.let_pass(minutes(20));
      }
      CHECK(f.connected.failed(refused ? wsx::errc::refused : wsx::errc::handshake_timeout));
      CHECK(peer.client_shut_down() == refused);
      CHECK(peer.client_closed());
    }
  }

  TEST_CASE("an open connection has none") {
    fixture f;
    memory_peer peer = f.open();
    for (int day = 0; day < 3; ++day) f.let_pass(std::chrono::hours(24));
    CHECK(works(f, peer));
  }

  TEST_CASE("close_timeout: a server that answers Close, and does not end its connection") {
    fixture f;
    memory_peer peer = f.open();
    outcome closed;
    f.client->close(wsx::close_code::normal, "", closed.token());
    poll(f.io);
    f.let_pass(minutes(29));
    peer.write(close_frame(1000));
    poll(f.io);
    CHECK(!closed.done());
    f.let_pass(minutes(1));
    CHECK(closed.failed(wsx::errc::close_timeout));
    CHECK(f.ended.reason.received == wsx::close_code::normal);
    CHECK(!f.ended.reason.clean);
    CHECK(peer.client_closed());
  }

  TEST_CASE("close_timeout, whether a ping would be due before it or behind") {
    for (const auto interval : {minutes(10), minutes(60)}) {
      auto options = by_the_minute();
      options.ping_interval = options.ping_timeout = interval;
      client_fixture<quiet> f({}, options);
      memory_peer peer = f.open();
      f.let_pass(minutes(5));
      outcome closed;
      f.client->close(wsx::close_code::normal, "", closed.token());
      poll(f.io);
      peer.discard_written();
      f.let_pass(minutes(29));
      CHECK(!closed.done());
      f.let_pass(minutes(1));
      CHECK(closed.failed(wsx::errc::close_timeout));
      CHECK(frames_of(peer).empty());
    }
  }

  TEST_CASE(
      "close_timeout: a client that closes reads what the server says, whatever waits to be "
      "written") {
    client_fixture<answers_at_length> f({}, by_the_minute());
    memory_peer peer = f.open();
    peer.allow_write(0);
    peer.write(text_frame("go"));
    poll(f.io);
    // More than one read takes.
    peer.write(text_frame("go"));
    peer.write(text_frame(std::string(300'000, 'x')));
    peer.write(close_frame(4001));
    poll(f.io);
    outcome closed;
    f.client->close(wsx::close_code::normal, "", closed.token());
    poll(f.io);
    f.let_pass(minutes(30));
    CHECK(f.ended.done());
    CHECK(f.ended.reason.received == wsx::close_code{4001});
  }

  TEST_CASE("close_timeout: the server that closes has no more time to end its connection") {
    fixture f;
    memory_peer peer = f.open();
    peer.write(close_frame(1000));
    poll(f.io);
    f.let_pass(minutes(29));
    CHECK(!f.ended.done());
    f.let_pass(minutes(1));
    CHECK(f.ended.done());
    CHECK(!f.ended.reason.clean);
    CHECK(peer.client_closed());
  }

  TEST_CASE("close_timeout: what may still be read when nothing can be written") {
    fixture f;
    memory_peer peer = f.open();
    peer.fail_writes(asio::error::broken_pipe);
    f.client->try_send(wsx::text{"a"});
    poll(f.io);
    f.let_pass(minutes(29));
    CHECK(!f.ended.done());
    f.let_pass(minutes(1));
    CHECK(f.ended.failed(wsx::errc::connection_dropped));
    CHECK(f.ended.reason.origin == wsx::close_origin::remote);
  }
}
