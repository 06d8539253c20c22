#include "../support.hpp"

#include <wsx/sender.hpp>

#include <memory>

// What becomes of what was handed over when a connection breaks or closes, as docs/delivery.md
// promises it.

namespace {

using namespace behavior_test;
using namespace wsx::testing;
using std::chrono::milliseconds;

struct returns {
  void handle_frame(wsx::text) {}
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) { return wsx::reconnect(); }
};

wsx::fragment piece(bool first, bool last, std::string_view payload) {
  return {wsx::opcode::binary, first, last, wsx::as_bytes(payload)};
}

void break_off(memory_peer& peer) {
  peer.fail_reads(asio::error::connection_reset);
}

// The message that was begun does not go on over the next connection.
void check_message_is_cut(client_fixture<returns>& f) {
  memory_peer other = f.next_open();
  std::error_code error;
  CHECK(!f.client->try_send(piece(false, true, "end"), error));
  CHECK(error == wsx::errc::fragment_out_of_order);
  CHECK(works(f, other));
}

wsx::options with_queue_of(std::size_t bytes) {
  auto o = calm();
  o.send_queue_size = bytes;
  return o;
}

}  // namespace

TEST_SUITE("behavior/sending/delivery: a message in fragments whose connection breaks") {
  const std::string rest(100'000, 'b');

  TEST_CASE("the send of its rest, and a flush, fail at once") {
    client_fixture<returns> f({}, with_queue_of(1024));
    memory_peer peer = f.open();
    REQUIRE(f.client->try_send(piece(true, false, "begun")));
    poll(f.io);
    CHECK(frames_of(peer) == lines{"binary \"begun\" without FIN"});
    peer.allow_write(10);
    outcome sent, flushed;
    f.client->send(piece(false, true, rest), sent.token());
    f.client->flush(flushed.token());
    poll(f.io);
    CHECK(!sent.done());
    break_off(peer);
    poll(f.io);
    CHECK(sent.failed(wsx::errc::connection_dropped));
    CHECK(flushed.failed(wsx::errc::connection_dropped));
    memory_peer other = f.next_open();
    CHECK(frames_of(other).empty());
    CHECK(works(f, other));
  }

  TEST_CASE("so does a flush of fragments that were queued") {
    client_fixture<returns> f;
    memory_peer peer = f.open();
    REQUIRE(f.client->try_send(piece(true, false, "begun")));
    poll(f.io);
    peer.allow_write(0);
    REQUIRE(f.client->try_send(piece(false, true, "ended")));
    REQUIRE(f.client->try_send(wsx::text{"another"}));
    outcome flushed;
    f.client->flush(flushed.token());
    poll(f.io);
    CHECK(!flushed.done());
    break_off(peer);
    poll(f.io);
    CHECK(flushed.failed(wsx::errc::connection_dropped));
    memory_peer other = f.next_open();
    CHECK(frames_of(other) == lines{"text \"another\""});
  }

  TEST_CASE("a flush of what is before it is a success") {
    client_fixture<returns> f;
    memory_peer peer = f.open();
    peer.discard_written();
    REQUIRE(f.client->try_send(piece(true, false, "begun")));
    poll(f.io);
    peer.allow_write(0);
    auto other_sender = f.client->make_sender();
    poll(f.io);
    outcome flushed;
    REQUIRE(other_sender.try_send(wsx::text{"from another"}));
    f.client->flush(flushed.token());
    poll(f.io);
    CHECK(!flushed.done());
    break_off(peer);
    poll(f.io);
    CHECK(!flushed.done());  // goes on over the reconnect
    memory_peer next = f.next_open();
    CHECK(flushed.ok());
    CHECK(frames_of(next) == lines{"text \"from another\""});
  }

  TEST_CASE("a continuation without a start is refused, and a new message goes") {
    client_fixture<returns> f;
    memory_peer peer = f.open();
    REQUIRE(f.client->try_send(piece(true, false, "begun")));
    poll(f.io);
    break_off(peer);
    poll(f.io);
    memory_peer other = f.next_open();
    std::error_code error;
    CHECK(!f.client->try_send(piece(false, false, "more"), error));
    CHECK(error == wsx::errc::fragment_out_of_order);
    outcome sent;
    f.client->send(piece(false, true, "end"), sent.token());
    poll(f.io);
    CHECK(sent.failed(wsx::errc::fragment_out_of_order));
    CHECK(frames_of(other).empty());
    REQUIRE(f.client->try_send(piece(true, false, "new")));
    REQUIRE(f.client->try_send(piece(false, true, "end")));
    poll(f.io);
    CHECK(frames_of(other) == lines{"binary \"new\" without FIN", "continuation \"end\""});
  }

  TEST_CASE("by send as well: the start waited, and was written") {
    client_fixture<returns> f({}, with_queue_of(1024));
    memory_peer peer = f.open();
    peer.discard_written();
    outcome begun;
    f.client->send(piece(true, false, rest), begun.token());
    poll(f.io);
    REQUIRE(begun.ok());
    break_off(peer);
    poll(f.io);
    check_message_is_cut(f);
  }

  TEST_CASE("one that begins on the next connection goes on there") {
    client_fixture<returns> f;
    memory_peer peer = f.open();
    peer.allow_write(0);
    REQUIRE(f.client->try_send(piece(true, false, "begun")));
    poll(f.io);
    break_off(peer);
    poll(f.io);
    memory_peer other = f.next_open();
    REQUIRE(f.client->try_send(piece(false, true, "end")));
    poll(f.io);
    CHECK(frames_of(other) == lines{"binary \"begun\" without FIN", "continuation \"end\""});
  }

  // With threads, see test/loopback/killed_connections.cpp.
  TEST_CASE("a continuation at any time around the end: written, cut, refused, or sent next") {
    for (const bool begun : {false, true}) {
      for (int turns = 0; turns < 10; ++turns) {
        CAPTURE(begun);
        CAPTURE(turns);
        client_fixture<returns> f({}, with_queue_of(1024));
        memory_peer peer = f.open();
        peer.discard_written();
        if (!begun) peer.allow_write(0);
        REQUIRE(f.client->try_send(piece(true, false, "begun")));
        poll(f.io);
        break_off(peer);
        f.io.restart();
        for (int i = 0; i < turns; ++i) f.io.poll_one();
        outcome sent;
        f.client->send(piece(false, true, rest), sent.token());
        poll(f.io);
        const std::size_t on_first = frames_of(peer).size();
        memory_peer other = f.next_open();
        const std::size_t on_second = frames_of(other).size();
        REQUIRE(sent.done());
        if (begun) {
          CHECK(on_first == (sent.ok() ? 2 : 1));
          CHECK(on_second == 0);
        } else {
          CHECK(on_first == 0);
          CHECK(on_second == (sent.ok() ? 2 : 1));
          CHECK(sent.error != wsx::errc::connection_dropped);
          if (!sent.ok()) REQUIRE(f.client->try_send(piece(false, true, "end")));
        }
        poll(f.io);
        other.discard_written();
        CHECK(works(f, other));
      }
    }
  }

  TEST_CASE("the check of another sender is its own") {
    client_fixture<returns> f;
    memory_peer peer = f.open();
    auto other_sender = f.client->make_sender();
    poll(f.io);
    REQUIRE(f.client->try_send(piece(true, false, "cut")));
    poll(f.io);
    peer.allow_write(0);
    REQUIRE(other_sender.try_send(piece(true, false, "kept")));
    poll(f.io);
    break_off(peer);
    poll(f.io);
    memory_peer next = f.next_open();
    CHECK(!f.client->try_send(piece(false, true, "end")));
    CHECK(other_sender.try_send(piece(false, true, "end")));
    poll(f.io);
    CHECK(frames_of(next) == lines{"binary \"kept\" without FIN", "continuation \"end\""});
  }
}

TEST_SUITE("behavior/sending/delivery: drop_unsent_on_disconnect") {
  wsx::options dropping(std::size_t queue = 512 * 1024) {
    auto o = with_queue_of(queue);
    o.drop_unsent_on_disconnect = true;
    return o;
  }

  TEST_CASE("a flush of what is dropped fails") {
    client_fixture<returns> f({}, dropping());
    memory_peer peer = f.open();
    peer.allow_write(0);
    REQUIRE(f.client->try_send(wsx::text{"one"}));
    outcome flushed;
    f.client->flush(flushed.token());
    poll(f.io);
    CHECK(!flushed.done());
    break_off(peer);
    poll(f.io);
    CHECK(flushed.failed(wsx::errc::connection_dropped));
  }

  TEST_CASE("a message in fragments that was dropped with its connection is cut, too") {
    client_fixture<returns> f({}, dropping());
    memory_peer peer = f.open();
    peer.allow_write(0);
    REQUIRE(f.client->try_send(piece(true, false, "begun")));
    poll(f.io);
    break_off(peer);
    poll(f.io);
    check_message_is_cut(f);
  }

  TEST_CASE("what is sent between two connections fails, and does not go on the second") {
    std::size_t dropped = 0;
    for (int turns = 0; turns < 10; ++turns) {
      CAPTURE(turns);
      client_fixture<returns> f({}, dropping(1024));
      memory_peer peer = f.open();
      peer.discard_written();
      peer.allow_write(0);
      const std::string large(100'000, 'x');
      outcome sent;
      break_off(peer);
      f.io.restart();
      for (int i = 0; i < turns; ++i) f.io.poll_one();
      f.client->send(wsx::text{large}, sent.token());
      poll(f.io);
      memory_peer other = f.next_open();
      REQUIRE(sent.done());
      CHECK(!sent.ok());
      if (sent.error == wsx::errc::connection_dropped) ++dropped;
      CHECK(frames_of(other).empty());
      CHECK(works(f, other));
    }
    CHECK(dropped > 0);
  }
}

TEST_SUITE("behavior/sending/delivery: a send that waits when the client ends") {
  const std::string large(100'000, 'x');

  void check_send(std::error_code expected, auto end) {
    client_fixture<quiet> f({}, with_queue_of(1024));
    memory_peer peer = f.open();
    peer.allow_write(100);
    outcome sent;
    f.client->send(wsx::text{large}, sent.token());
    poll(f.io);
    CHECK(!sent.done());
    end(f, peer);
    poll(f.io);
    CHECK(f.ended.done());
    CHECK(sent.failed(expected));
  }

  TEST_CASE("the server drops the connection") {
    check_send(wsx::errc::connection_dropped, [](auto&, memory_peer& peer) { break_off(peer); });
  }

  TEST_CASE("the server closes") {
    check_send(wsx::errc::connection_dropped, [](auto&, memory_peer& peer) {
      peer.write(close_frame(1001, "going away"));
      peer.close();
    });
  }

  TEST_CASE("the client is aborted") {
    check_send(wsx::errc::aborted, [](auto& f, memory_peer&) { f.client->abort(); });
  }
}

TEST_SUITE("behavior/sending/delivery: the server's Close, RFC 6455 5.5.1") {
  TEST_CASE("takes our Close back that waited behind the queue: nothing queued goes") {
    for (const std::size_t allowed : {std::size_t{0}, std::size_t{40}}) {
      client_fixture<quiet> f;
      memory_peer peer = f.open();
      peer.discard_written();
      peer.allow_write(allowed);
      for (int i = 0; i < 1000; ++i) REQUIRE(f.client->try_send(wsx::text{"queued"}));
      outcome closed;
      f.client->close(wsx::close_code{4000}, "mine", closed.token());
      poll(f.io);
      peer.write(close_frame(1001, "going away"));
      poll(f.io);
      peer.allow_write(memory_peer::unlimited / 2);
      poll(f.io);
      lines expected(allowed / 12 + (allowed % 12 > 0 ? 1 : 0), "text \"queued\"");
      expected.push_back("close 1001 \"\"");
      CHECK(frames_of(peer) == expected);
      peer.close();
      poll(f.io);
      CHECK(closed.ok());
      CHECK(f.ended.reason.origin == wsx::close_origin::local);
      CHECK(f.ended.reason.requested == wsx::close_code{4000});
      CHECK(f.ended.reason.sent == wsx::close_code::going_away);
      CHECK(f.ended.reason.received == wsx::close_code::going_away);
      CHECK(f.ended.reason.clean);
    }
  }

  TEST_CASE("what was taken back goes on the next connection") {
    client_fixture<returns> f;
    memory_peer peer = f.open();
    peer.allow_write(0);
    for (int i = 0; i < 3; ++i) REQUIRE(f.client->try_send(wsx::text{std::to_string(i)}));
    poll(f.io);
    peer.write(close_frame(1001, ""));
    poll(f.io);
    peer.allow_write(memory_peer::unlimited / 2);
    poll(f.io);
    CHECK(frames_of(peer) == lines{"close 1001 \"\""});
    peer.close();
    poll(f.io);
    memory_peer other = f.next_open();
    CHECK(frames_of(other) == lines{"text \"0\"", "text \"1\"", "text \"2\""});
  }

  TEST_CASE("that is not answered in time counts as not sent") {
    client_fixture<quiet> f({}, impatient());
    memory_peer peer = f.open();
    peer.allow_write(0);
    peer.write(close_frame(1000, "bye"));
    REQUIRE(f.run_until([&] { return f.ended.done(); }));
    CHECK(f.ended.reason.received == wsx::close_code::normal);
    CHECK_FALSE(f.ended.reason.sent);
    CHECK_FALSE(f.ended.reason.clean);
  }

  TEST_CASE("a reset behind both Close frames is a clean end") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    outcome closed;
    f.client->close(closed.token());
    poll(f.io);
    peer.write(close_frame());
    poll(f.io);
    break_off(peer);
    poll(f.io);
    CHECK(closed.ok());
    CHECK(f.ended.ok());
    CHECK(f.ended.reason.clean);
  }
}

TEST_SUITE("behavior/sending/delivery: the opening handshake") {
  TEST_CASE("the server ends TCP: a code of its own") {
    for (const std::error_code how :
         {make_error_code(asio::error::eof), make_error_code(asio::error::connection_reset)}) {
      client_fixture<quiet> f;
      memory_peer peer = f.dial();
      peer.write("HTTP/1.1 101 Switch");
      peer.fail_reads(how);
      poll(f.io);
      CHECK(f.connected.failed(wsx::errc::handshake_dropped));
      CHECK(f.connected.error == wsx::condition::handshake_failed);
      CHECK(f.connected.error != wsx::condition::not_connected);
    }
  }
}
