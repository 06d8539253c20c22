#include "../support.hpp"

#include <functional>

// What a callback can do with its session, and what the session refuses.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

// Does what the test wants within its callbacks.
struct puppet {
  std::function<void(puppet&, wsx::session&)> on_text{};
  std::function<void(wsx::session&)> at_end{};
  std::vector<int> infos{};

  void handle_frame(wsx::text, wsx::session& s) { on_text(*this, s); }
  void handle_info(int number) { infos.push_back(number); }
  void handle_disconnect(const wsx::disconnect&, wsx::session& s) {
    if (at_end) at_end(s);
  }
  void terminate(const wsx::close_reason&, wsx::session& s) {
    if (at_end) at_end(s);
  }
};

// Runs `act` within a callback; says what the client then wrote.
lines act(client_fixture<puppet>& f, memory_peer& peer,
          std::function<void(puppet&, wsx::session&)> what) {
  f.handler().on_text = std::move(what);
  peer.write(text_frame("now"));
  poll(f.io);
  return frames_of(peer);
}

}  // namespace

TEST_SUITE("behavior/callbacks/session") {
  TEST_CASE("frames go out together when the callback is through, and are copied at once") {
    client_fixture<puppet> f;
    memory_peer peer = f.open();
    std::size_t before = 0;
    const auto frames = act(f, peer, [&](puppet&, wsx::session& s) {
      before = peer.bytes_written();
      std::string payload = "one";
      CHECK(!s.send(wsx::text{payload}));
      payload = "two";
      CHECK(!s.send(wsx::binary{payload}));
      payload = "xxx";
      CHECK(!s.send(wsx::ping{"three"}));
      CHECK(!s.send(wsx::pong{"four"}));
      CHECK(peer.bytes_written() == before);
    });
    CHECK(frames == lines{"text \"one\"", "binary \"two\"", "ping \"three\"", "pong \"four\""});
  }

  TEST_CASE("frames that RFC 6455 forbids, and nothing of them is sent") {
    client_fixture<puppet> f;
    memory_peer peer = f.open();
    const auto frames = act(f, peer, [](puppet&, wsx::session& s) {
      const auto op = wsx::opcode::text;
      CHECK(s.send(wsx::ping{std::string(126, 'a')}) == wsx::errc::control_payload_too_long);
      CHECK(s.send(wsx::text{"\xff"}) == wsx::errc::invalid_text);
      CHECK(s.send(wsx::fragment{op, false, true, {}}) == wsx::errc::fragment_out_of_order);
      CHECK(!s.send(wsx::fragment{op, true, false, wsx::as_bytes("a")}));
      CHECK(s.send(wsx::text{"b"}) == wsx::errc::fragment_out_of_order);
      CHECK(!s.send(wsx::fragment{op, false, true, wsx::as_bytes("c")}));
      CHECK(s.close(wsx::close_code{1005}) == wsx::errc::invalid_close_code);
      CHECK(s.close(wsx::close_code::normal, std::string(124, 'a')) ==
            wsx::errc::control_payload_too_long);
      CHECK(s.close(wsx::close_code::normal, "\xff") == wsx::errc::invalid_text);
    });
    CHECK(frames == lines{"text \"a\" without FIN", "continuation \"c\""});
    CHECK(f.client->is_open());
  }

  TEST_CASE("none is sent while max_reply_bytes wait, and they do not count once they are gone") {
    auto options = calm();
    options.max_reply_bytes = 1000;
    client_fixture<puppet> f({}, options);
    memory_peer peer = f.open();
    const std::string payload(600, 'a');
    for (int round = 0; round < 2; ++round) {
      const auto frames = act(f, peer, [&](puppet&, wsx::session& s) {
        CHECK(!s.send(wsx::text{payload}));
        CHECK(!s.send(wsx::text{payload}));
        CHECK(s.send(wsx::text{"small"}) == wsx::errc::queue_full);
      });
      CHECK(frames.size() == 2);
    }
  }

  TEST_CASE("while closing, and after the end") {
    client_fixture<puppet> f;
    memory_peer peer = f.open();
    std::vector<std::error_code> at_end;
    f.handler().at_end = [&](wsx::session& s) {
      at_end.push_back(s.send(wsx::text{"late"}));
      at_end.push_back(s.close());
    };
    const auto frames = act(f, peer, [](puppet&, wsx::session& s) {
      CHECK(!s.close(wsx::close_code{4001}, "mine"));
      CHECK(s.send(wsx::text{"late"}) == wsx::errc::closing);
      CHECK(s.close(wsx::close_code{4002}) == wsx::errc::closing);
    });
    CHECK(frames == lines{"close 4001 \"mine\""});
    peer.write(close_frame(4001));
    peer.close();
    poll(f.io);
    CHECK(f.ended.done());
    REQUIRE(at_end.size() == 4);
    // In handle_disconnect the client can still be closed, in terminate it can't.
    CHECK(at_end[0] == wsx::errc::not_connected);
    CHECK(!at_end[1]);
    CHECK(at_end[2] == wsx::errc::not_connected);
    CHECK(at_end[3] == wsx::errc::not_connected);
    CHECK(peer.take_written().empty());
  }

  TEST_CASE("what it knows of its client") {
    client_fixture<puppet> f;
    memory_peer peer = f.open();
    act(f, peer, [&](puppet&, wsx::session& s) {
      CHECK(s.connection().url == f.server.url());
      CHECK(s.connection().status == 101);
      CHECK(s.connection().attempt == 1);
      CHECK(s.stats().connects == 1);
      CHECK(s.stats().bytes_received == f.client->stats().bytes_received);
      CHECK(s.get_executor() == f.client->get_executor());
    });
  }

  TEST_CASE("posts come after the callback, in order, as many as the mailbox holds") {
    auto options = calm();
    options.mailbox_size = 2;
    client_fixture<puppet> f({}, options);
    memory_peer peer = f.open();
    act(f, peer, [](puppet& self, wsx::session& s) {
      CHECK(s.post(self, 1));
      CHECK(s.post(self, 2));
      CHECK(!s.post(self, 3));
      CHECK(self.infos.empty());
    });
    CHECK(f.handler().infos == std::vector{1, 2});
  }
}
