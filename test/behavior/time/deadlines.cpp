#include "../../client/clock.hpp"
#include "../support.hpp"

// The client's deadlines, most of them to the minute: each is absolute, and what they cut has its
// own error.

namespace {

using namespace client_test;
using namespace wsx::testing;
using std::chrono::milliseconds;
using std::chrono::minutes;

struct plain {
  void handle_frame(wsx::text) {}
};

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

struct fixture : world<plain> {
  fixture() : world<plain>({}, by_the_minute()) {}
};

// Connects; the client has written its request then.
memory_peer dial(world<plain>& w, wsx::diagnostics& refusal) {
  w.client->connect(w.server.url(), refusal, w.connected.token());
  poll(w.io);
  auto peer = w.server.next();
  REQUIRE(peer);
  return *peer;
}

}  // namespace

TEST_SUITE("client: deadlines") {
  TEST_CASE("connect_timeout, while the transport connects") {
    fixture w;
    w.server.hold();
    w.client->connect(w.server.url(), w.connected.token());
    poll(w.io);
    let_pass(w.io, minutes(9));
    CHECK(!w.connected.done());
    let_pass(w.io, minutes(1));
    CHECK(w.connected.failed(wsx::errc::connect_timeout));
    // Nothing of it is left for the next attempt.
    w.server.release();
    while (w.server.next()) {}
    memory_peer peer = w.open();
    let_pass(w.io, minutes(100));
    CHECK(works(w, peer));
  }

  TEST_CASE("handshake_timeout begins when the transport is connected") {
    fixture w;
    w.server.hold();
    w.client->connect(w.server.url(), w.connected.token());
    poll(w.io);
    let_pass(w.io, minutes(9));
    w.server.release();
    poll(w.io);
    memory_peer peer = w.server.next().value();
    let_pass(w.io, minutes(19));
    CHECK(!w.connected.done());
    let_pass(w.io, minutes(1));
    CHECK(w.connected.failed(wsx::errc::handshake_timeout));
    CHECK(peer.client_closed());
  }

  TEST_CASE("connect_timeout may be longer than handshake_timeout") {
    auto options = by_the_minute();
    options.connect_timeout = minutes(40);
    world<plain> w({}, options);
    w.server.hold();
    w.client->connect(w.server.url(), w.connected.token());
    poll(w.io);
    for (int tens = 0; tens < 3; ++tens) let_pass(w.io, minutes(10));
    let_pass(w.io, minutes(9));
    CHECK(!w.connected.done());
    let_pass(w.io, minutes(1));
    CHECK(w.connected.failed(wsx::errc::connect_timeout));
  }

  TEST_CASE("handshake_timeout is absolute: a response that trickles does not extend it") {
    fixture w;
    memory_peer peer = w.dial();
    peer.write("HTTP/1.1 101 Switching Protocols\r\nA: ");
    for (int minute = 0; minute < 19; ++minute) {
      peer.write("x");
      let_pass(w.io, minutes(1));
    }
    CHECK(!w.connected.done());
    peer.write("x");
    let_pass(w.io, minutes(1));
    CHECK(w.connected.failed(wsx::errc::handshake_timeout));
  }

  TEST_CASE("handshake_timeout, while the request does not go out") {
    fixture w;
    w.server.on_accept([](memory_peer& peer) { peer.allow_write(10); });
    memory_peer peer = w.dial();
    CHECK(peer.bytes_written() == 10);
    let_pass(w.io, minutes(19));
    CHECK(!w.connected.done());
    let_pass(w.io, minutes(1));
    CHECK(w.connected.failed(wsx::errc::handshake_timeout));
  }

  TEST_CASE("a refusal whose body never comes is still that refusal") {
    fixture w;
    wsx::diagnostics refusal;
    memory_peer peer = dial(w, refusal);
    peer.write("HTTP/1.1 403 No\r\nContent-Length: 100\r\n\r\npart");
    let_pass(w.io, minutes(19));
    CHECK(!w.connected.done());
    let_pass(w.io, minutes(1));
    CHECK(w.connected.failed(wsx::errc::refused));
    CHECK(refusal.http_status == 403);
    CHECK(refusal.http_body == "part");
    CHECK(peer.client_closed());
  }

  TEST_CASE("a refusal whose body has no length is told after 0.3 seconds, with what has come") {
    fixture w;
    wsx::diagnostics refusal;
    memory_peer peer = dial(w, refusal);
    peer.write("HTTP/1.1 403 No\r\n\r\npart");
    poll(w.io);
    CHECK(!w.connected.done());
    let_pass(w.io, milliseconds(300));
    CHECK(w.connected.failed(wsx::errc::refused));
    CHECK(refusal.http_status == 403);
    CHECK(refusal.http_body == "part");
    CHECK(peer.client_closed());
  }

  TEST_CASE("the wait for such a body does not outlast handshake_timeout") {
    auto options = by_the_minute();
    options.handshake_timeout = milliseconds(200);
    world<plain> w({}, options);
    memory_peer peer = w.dial();
    peer.write("HTTP/1.1 403 No\r\n\r\npart");
    let_pass(w.io, milliseconds(200));
    CHECK(w.connected.done());
  }

  TEST_CASE("a refused attempt ends its connection in order; one that takes too long at once") {
    for (const bool refused : {true, false}) {
      CAPTURE(refused);
      fixture w;
      memory_peer peer = w.dial();
      if (refused) {
        peer.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        poll(w.io);
      } else {
        let_pass(w.io, minutes(20));
      }
      CHECK(w.connected.failed(refused ? wsx::errc::refused : wsx::errc::handshake_timeout));
      CHECK(peer.client_shut_down() == refused);
      CHECK(peer.client_closed());
    }
  }

  TEST_CASE("an open connection has none") {
    fixture w;
    memory_peer peer = w.open();
    for (int day = 0; day < 3; ++day) let_pass(w.io, std::chrono::hours(24));
    CHECK(works(w, peer));
  }

  TEST_CASE("close_timeout: a server that answers Close, and does not end its connection") {
    fixture w;
    memory_peer peer = w.open();
    outcome closed;
    w.client->close(wsx::close_code::normal, "", closed.token());
    poll(w.io);
    let_pass(w.io, minutes(29));
    peer.write(close_frame(1000));
    poll(w.io);
    CHECK(!closed.done());
    let_pass(w.io, minutes(1));
    CHECK(closed.failed(wsx::errc::close_timeout));
    CHECK(w.ended.reason.received == wsx::close_code::normal);
    CHECK(!w.ended.reason.clean);
    CHECK(peer.client_closed());
  }

  TEST_CASE("close_timeout, whether a ping would be due before it or behind") {
    for (const auto interval : {minutes(10), minutes(60)}) {
      auto options = by_the_minute();
      options.ping_interval = options.ping_timeout = interval;
      world<plain> w({}, options);
      memory_peer peer = w.open();
      let_pass(w.io, minutes(5));
      outcome closed;
      w.client->close(wsx::close_code::normal, "", closed.token());
      poll(w.io);
      peer.discard_written();
      let_pass(w.io, minutes(29));
      CHECK(!closed.done());
      let_pass(w.io, minutes(1));
      CHECK(closed.failed(wsx::errc::close_timeout));
      CHECK(frames_of(peer).empty());
    }
  }

  TEST_CASE("close_timeout: who closes reads what the server says, whatever waits to be written") {
    world<answers_at_length> w({}, by_the_minute());
    memory_peer peer = w.open();
    peer.allow_write(0);
    peer.write(text_frame("go"));
    poll(w.io);
    // More than one read takes.
    peer.write(text_frame("go"));
    peer.write(text_frame(std::string(300'000, 'x')));
    peer.write(close_frame(4001));
    poll(w.io);
    outcome closed;
    w.client->close(wsx::close_code::normal, "", closed.token());
    poll(w.io);
    let_pass(w.io, minutes(30));
    CHECK(w.ended.done());
    CHECK(w.ended.reason.received == wsx::close_code{4001});
  }

  TEST_CASE("close_timeout: the server that closes has no more time to end its connection") {
    fixture w;
    memory_peer peer = w.open();
    peer.write(close_frame(1000));
    poll(w.io);
    let_pass(w.io, minutes(29));
    CHECK(!w.ended.done());
    let_pass(w.io, minutes(1));
    CHECK(w.ended.done());
    CHECK(!w.ended.reason.clean);
    CHECK(peer.client_closed());
  }

  TEST_CASE("close_timeout: what may still be read when nothing can be written") {
    fixture w;
    memory_peer peer = w.open();
    peer.fail_writes(asio::error::broken_pipe);
    w.client->try_send(wsx::text{"a"});
    poll(w.io);
    let_pass(w.io, minutes(29));
    CHECK(!w.ended.done());
    let_pass(w.io, minutes(1));
    CHECK(w.ended.failed(wsx::errc::connection_dropped));
    CHECK(w.ended.reason.origin == wsx::close_origin::remote);
  }
}
