#include "../support.hpp"

#include <algorithm>
#include <optional>
#include <utility>

// Further senders of a client: each has a queue of its own, and may go before what it queued has
// gone out, or after its client.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

wsx::options small_queue() {
  auto o = calm();
  o.send_queue_size = 256;
  return o;
}

wsx::fragment piece(bool first, bool last, std::string_view payload) {
  return {wsx::opcode::text, first, last, wsx::as_bytes(payload)};
}

std::error_code send(wsx::sender& s, std::string_view payload) {
  std::error_code error;
  s.try_send(wsx::text{payload}, error);
  return error;
}

lines joined(lines a, const lines& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TEST_SUITE("behavior/sending/sender") {
  TEST_CASE("made before the client connects, it sends once it has") {
    client_fixture<quiet> f;
    auto s = f.client->make_sender();
    CHECK(send(s, "early") == wsx::errc::not_connected);
    memory_peer peer = f.open();
    CHECK(!send(s, "a"));
    poll(f.io);
    CHECK(frames_of(peer) == lines{"text \"a\""});
  }

  TEST_CASE("each has a queue of its own: one that is full is nobody else's business") {
    client_fixture<quiet> f({}, small_queue());
    memory_peer peer = f.open();
    auto one = f.client->make_sender();
    auto other = f.client->make_sender();
    peer.allow_write(0);
    const std::string half(150, 'a');
    CHECK(!send(one, half));
    CHECK(send(one, half) == wsx::errc::queue_full);
    CHECK(send(one, std::string(1000, 'a')) == wsx::errc::message_over_queue);
    CHECK(!send(other, "b"));
    CHECK(f.client->try_send(wsx::text{"c"}));
    peer.allow_write(memory_peer::unlimited);
    poll(f.io);
    CHECK(frames_of(peer).size() == 3);
    CHECK(!send(one, half));
  }

  TEST_CASE("each has a message of its own under way, and they do not mix") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    auto one = f.client->make_sender();
    auto other = f.client->make_sender();
    CHECK(one.try_send(piece(true, false, "1a")));
    CHECK(other.try_send(piece(true, false, "2a")));
    std::error_code error;
    CHECK(!one.try_send(piece(true, false, "1x"), error));
    CHECK(error == wsx::errc::fragment_out_of_order);
    poll(f.io);
    CHECK(other.try_send(piece(false, true, "2b")));
    CHECK(one.try_send(piece(false, true, "1b")));
    poll(f.io);
    const auto frames = frames_of(peer);
    const lines first{"text \"1a\" without FIN", "continuation \"1b\""};
    const lines second{"text \"2a\" without FIN", "continuation \"2b\""};
    CHECK((frames == joined(first, second) || frames == joined(second, first)));
  }

  TEST_CASE("moved, it goes on where it was") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    auto from = f.client->make_sender();
    CHECK(from.try_send(piece(true, false, "a")));
    auto to = std::move(from);
    CHECK(to.try_send(piece(false, true, "b")));
    from = f.client->make_sender();  // one that was moved from may be assigned to
    poll(f.io);
    CHECK(!send(from, "c"));
    poll(f.io);
    auto frames = frames_of(peer);
    REQUIRE(frames.size() == 3);
    std::erase(frames, "text \"c\"");
    CHECK(frames == lines{"text \"a\" without FIN", "continuation \"b\""});
  }

  TEST_CASE("one that another is assigned to: what it queued goes out") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    peer.allow_write(0);
    auto s = f.client->make_sender();
    CHECK(!send(s, "a"));
    s = f.client->make_sender();
    poll(f.io);
    CHECK(!send(s, "b"));
    peer.allow_write(memory_peer::unlimited);
    poll(f.io);
    auto frames = frames_of(peer);
    std::ranges::sort(frames);
    CHECK(frames == lines{"text \"a\"", "text \"b\""});
  }

  TEST_CASE("destroyed with frames queued: they go out") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    peer.allow_write(3);
    outcome flushed;
    {
      auto s = f.client->make_sender();
      CHECK(!send(s, "a"));
      CHECK(!send(s, "b"));
    }
    f.client->flush(flushed.token());
    poll(f.io);
    CHECK(!flushed.done());
    peer.allow_write(memory_peer::unlimited);
    poll(f.io);
    CHECK(frames_of(peer) == lines{"text \"a\"", "text \"b\""});
    CHECK(flushed.ok());
  }

  // RFC 6455 5.4: no other message may begin before the one that nobody can finish.
  TEST_CASE("destroyed within a message: only a Close can follow, and does at once") {
    for (const bool written : {true, false}) {
      CAPTURE(written);
      client_fixture<quiet> f;
      memory_peer peer = f.open();
      peer.discard_written();
      std::optional<wsx::sender> sender(f.client->make_sender());
      poll(f.io);
      if (!written) peer.allow_write(0);
      CHECK(sender->try_send(piece(true, false, "a")));
      poll(f.io);
      sender.reset();
      poll(f.io);
      peer.allow_write(memory_peer::unlimited);
      poll(f.io);
      const auto frames = frames_of(peer);
      REQUIRE(frames.size() == 2);
      CHECK(frames[1].starts_with("close 1011"));
      peer.write(close_frame(1011));
      peer.close();
      poll(f.io);
      CHECK(f.ended.failed(wsx::errc::fragment_out_of_order));
    }
  }

  TEST_CASE("destroyed while a send of its own waits: the frame goes out whole") {
    client_fixture<quiet> f({}, small_queue());
    memory_peer peer = f.open();
    peer.allow_write(10);
    const std::string large(5000, 'x');
    outcome sent;
    {
      auto s = f.client->make_sender();
      s.send(wsx::text{large}, sent.token());
    }
    poll(f.io);
    CHECK(!sent.done());
    peer.allow_write(memory_peer::unlimited);
    poll(f.io);
    CHECK(sent.ok());
    CHECK(peer.take_frame()->payload == large);
    CHECK(works(f, peer));
  }

  TEST_CASE("outliving its client, connected or not") {
    client_fixture<quiet> f({}, small_queue());
    auto idle = f.client->make_sender();
    memory_peer peer = f.open();
    auto used = f.client->make_sender();
    auto full = f.client->make_sender();
    CHECK(!send(used, "a"));
    poll(f.io);
    peer.allow_write(0);
    CHECK(!send(full, std::string(200, 'b')));
    f.client.reset();
    poll(f.io);
    for (auto* s : {&idle, &used, &full}) {
      CHECK(send(*s, "late") == wsx::errc::not_connected);
      outcome sent;
      s->send(wsx::text{"late"}, sent.token());
      CHECK(run_out(f.io));
      CHECK(sent.failed(wsx::errc::not_connected));
    }
  }
}
