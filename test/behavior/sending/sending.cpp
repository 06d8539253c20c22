#include "../support.hpp"

// What becomes of frames between `try_send`, `send` and `flush`, and the wire.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

struct comes_back {
  void handle_frame(wsx::text) {}
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) { return wsx::reconnect(); }
};

wsx::options small_queue() {
  auto o = calm();
  o.send_queue_size = 256;
  return o;
}

// Breaks the connection and answers the next one.
memory_peer reopen(client_fixture<comes_back>& f, memory_peer& broken) {
  broken.fail_reads(asio::error::connection_reset);
  poll(f.io);
  memory_peer peer = f.server.next().value();
  peer.accept();
  poll(f.io);
  return peer;
}

}  // namespace

TEST_SUITE("behavior/sending/sending: one connection") {
  TEST_CASE("try_send says when the queue is full, and when there is room again") {
    client_fixture<quiet> f({}, small_queue());
    memory_peer peer = f.open();
    peer.allow_write(0);
    const std::string half(120, 'a');
    REQUIRE(f.client->try_send(wsx::text{half}));
    std::error_code error;
    CHECK(!f.client->try_send(wsx::text{half + half}, error));
    CHECK(error == wsx::errc::queue_full);
    CHECK(!f.client->try_send(wsx::text{std::string(300, 'a')}, error));
    CHECK(error == wsx::errc::message_over_queue);
    peer.allow_write(memory_peer::unlimited);
    poll(f.io);
    CHECK(f.client->try_send(wsx::text{half + half}));
    poll(f.io);
    CHECK(frames_of(peer).size() == 2);
  }

  TEST_CASE("send waits for room, one at a time") {
    client_fixture<quiet> f({}, small_queue());
    memory_peer peer = f.open();
    peer.allow_write(0);
    const std::string large(200, 'a');
    const std::string waiting(200, 'b');
    REQUIRE(f.client->try_send(wsx::text{large}));
    outcome first, second;
    f.client->send(wsx::text{waiting}, first.token());
    poll(f.io);
    f.client->send(wsx::text{large}, second.token());
    poll(f.io);
    CHECK(!first.done());
    CHECK(second.failed(wsx::errc::queue_full));
    std::error_code error;
    CHECK(!f.client->try_send(wsx::text{"small"}, error));
    CHECK(error == wsx::errc::queue_full);
    peer.allow_write(memory_peer::unlimited);
    poll(f.io);
    CHECK(first.ok());
    CHECK(peer.take_frame()->payload == large);
    CHECK(peer.take_frame()->payload == waiting);
    CHECK(f.client->try_send(wsx::text{"small"}));
  }

  TEST_CASE("a message larger than the queue, in one frame, byte counts all right") {
    for (const std::size_t size : {257u, 65535u, 65536u, 262144u, 600000u}) {
      CAPTURE(size);
      client_fixture<quiet> f({}, small_queue());
      memory_peer peer = f.open();
      peer.limit_write(1000);
      const std::string large(size, 'x');
      outcome sent;
      f.client->send(wsx::binary{std::string_view(large)}, sent.token());
      REQUIRE(f.run_until([&] { return sent.done(); }));
      CHECK(sent.ok());
      const auto frame = peer.take_frame();
      REQUIRE(frame);
      CHECK(frame->fin);
      CHECK(frame->payload == large);
    }
  }

  TEST_CASE("malformed frames are refused before anything is queued") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    std::error_code error;
    CHECK(!f.client->try_send(wsx::ping{std::string(126, 'a')}, error));
    CHECK(error == wsx::errc::control_payload_too_long);
    CHECK(!f.client->try_send(wsx::text{"\xff"}, error));
    CHECK(error == wsx::errc::invalid_text);
    wsx::fragment middle{.op = wsx::opcode::text, .first = false};
    CHECK(!f.client->try_send(middle, error));
    CHECK(error == wsx::errc::fragment_out_of_order);
    poll(f.io);
    CHECK(peer.take_written().empty());
  }

  TEST_CASE("flush waits for what was queued before it, by every sender") {
    client_fixture<quiet> f;
    auto sender = f.client->make_sender();
    memory_peer peer = f.open();
    peer.allow_write(0);
    outcome nothing, first, second;
    f.client->flush(nothing.token());
    poll(f.io);
    CHECK(nothing.ok());
    f.client->try_send(wsx::text{"aa"});  // 8 bytes on the wire
    f.client->flush(first.token());
    sender.try_send(wsx::text{"bb"});
    f.client->flush(second.token());
    poll(f.io);
    CHECK(!first.done());
    peer.allow_write(7);
    poll(f.io);
    CHECK(!first.done());
    peer.allow_write(memory_peer::unlimited);
    poll(f.io);
    CHECK(first.ok());
    CHECK(second.ok());
    CHECK(frames_of(peer).size() == 2);
  }

  TEST_CASE("flush of a client that ends first") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    peer.allow_write(0);
    f.client->try_send(wsx::text{"aa"});
    outcome flushed;
    f.client->flush(flushed.token());
    poll(f.io);
    peer.close();
    poll(f.io);
    CHECK(f.ended.done());
    CHECK(flushed.failed(wsx::errc::connection_dropped));
  }

  TEST_CASE("what a sender queued is sent even if it is gone") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    peer.allow_write(0);
    {
      auto sender = f.client->make_sender();
      sender.try_send(wsx::text{"a"});
      poll(f.io);
    }
    peer.allow_write(memory_peer::unlimited);
    poll(f.io);
    CHECK(frames_of(peer) == lines{"text \"a\""});
  }

  TEST_CASE("close sends what was queued, then Close") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    peer.allow_write(0);
    f.client->try_send(wsx::text{"a"});
    f.client->try_send(wsx::text{"b"});
    outcome closed;
    f.client->close(wsx::close_code::normal, "", closed.token());
    poll(f.io);
    peer.allow_write(memory_peer::unlimited);
    poll(f.io);
    CHECK(frames_of(peer) == lines{"text \"a\"", "text \"b\"", "close 1000 \"\""});
  }
}

TEST_SUITE("behavior/sending/sending: reconnects") {
  TEST_CASE("frames survive, the one that was cut whole") {
    client_fixture<comes_back> f;
    memory_peer peer = f.open();
    f.client->try_send(wsx::text{"sent"});
    poll(f.io);
    CHECK(frames_of(peer) == lines{"text \"sent\""});
    for (const std::size_t cut : {0u, 1u, 6u, 8u, 9u, 17u}) {
      CAPTURE(cut);
      peer.allow_write(cut);
      f.client->try_send(wsx::text{"aaa"});  // 9 bytes on the wire
      f.client->try_send(wsx::text{"bbb"});
      outcome flushed;
      f.client->flush(flushed.token());
      poll(f.io);
      CHECK(!flushed.done());
      const auto before = frames_of(peer);
      peer = reopen(f, peer);
      auto all = before;
      for (const auto& frame : frames_of(peer)) all.push_back(frame);
      // Nothing is lost, nothing comes twice but what was cut.
      CHECK(all == lines{"text \"aaa\"", "text \"bbb\""});
      CHECK(flushed.ok());
    }
  }

  TEST_CASE("a send that waits goes on over a reconnect") {
    client_fixture<comes_back> f({}, small_queue());
    memory_peer peer = f.open();
    peer.allow_write(100);
    const std::string large(100'000, 'x');
    outcome sent;
    f.client->send(wsx::text{large}, sent.token());
    poll(f.io);
    CHECK(!sent.done());
    peer = reopen(f, peer);
    CHECK(sent.ok());
    CHECK(peer.take_frame()->payload == large);
  }

  TEST_CASE("with the option they are dropped, and sends that wait fail") {
    auto options = small_queue();
    options.drop_unsent_on_disconnect = true;
    client_fixture<comes_back> f({}, options);
    memory_peer peer = f.open();
    peer.allow_write(3);
    f.client->try_send(wsx::text{"aaa"});
    outcome sent, flushed;
    const std::string large(1000, 'x');
    f.client->send(wsx::text{large}, sent.token());
    f.client->flush(flushed.token());
    poll(f.io);
    peer = reopen(f, peer);
    CHECK(sent.failed(wsx::errc::connection_dropped));
    CHECK(peer.take_written().empty());
    // A flush that waited for dropped frames does not wait for ever.
    CHECK(flushed.failed(wsx::errc::connection_dropped));
    f.client->try_send(wsx::text{"next"});
    poll(f.io);
    CHECK(frames_of(peer) == lines{"text \"next\""});
  }

  TEST_CASE("the rest of a message cut between its fragments is not sent") {
    client_fixture<comes_back> f;
    memory_peer peer = f.open();
    const auto op = wsx::opcode::text;
    f.client->try_send(wsx::fragment{op, true, false, wsx::as_bytes("be")});
    poll(f.io);
    CHECK(frames_of(peer) == lines{"text \"be\" without FIN"});
    peer.allow_write(0);
    f.client->try_send(wsx::fragment{op, false, true, wsx::as_bytes("gun")});
    f.client->try_send(wsx::text{"whole"});
    poll(f.io);
    peer = reopen(f, peer);
    CHECK(frames_of(peer) == lines{"text \"whole\""});
  }
}
