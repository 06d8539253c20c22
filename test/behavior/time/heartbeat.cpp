#include "../support.hpp"

// options::heartbeat: a message at regular intervals.

namespace {

using namespace behavior_test;
using namespace wsx::testing;
using std::chrono::seconds;

wsx::options beating(wsx::heartbeat beat) {
  return calm().set(&wsx::options::heartbeat, std::move(beat));
}

struct comes_back {
  std::vector<std::error_code> reasons{};
  void handle_frame(wsx::text) {}
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    reasons.push_back(d.reason.error);
    return wsx::reconnect_after(seconds(3));
  }
};

}  // namespace

TEST_SUITE("behavior/time/heartbeat") {
  TEST_CASE("a message each interval, and not before") {
    client_fixture<quiet> f({}, beating(wsx::heartbeat(seconds(20), "alive")));
    memory_peer peer = f.open();
    peer.discard_written();
    for (int i = 0; i < 3; ++i) {
      f.let_pass(seconds(19));
      CHECK(frames_of(peer).empty());
      f.let_pass(seconds(1));
      CHECK(frames_of(peer) == lines{"text \"alive\""});
    }
  }

  TEST_CASE("a function makes a new one each time") {
    const auto make = [n = 0]() mutable { return "beat " + std::to_string(++n); };
    client_fixture<quiet> f({}, beating(wsx::heartbeat(seconds(20), make)));
    memory_peer peer = f.open();
    peer.discard_written();
    f.let_pass(seconds(60));
    CHECK(frames_of(peer) == lines{"text \"beat 1\"", "text \"beat 2\"", "text \"beat 3\""});
  }

  TEST_CASE("any frame, or an action of several steps") {
    const auto make = [] { return wsx::reply(wsx::pong()).reply("and text"); };
    client_fixture<quiet> f({}, beating(wsx::heartbeat(seconds(20), make)));
    memory_peer peer = f.open();
    peer.discard_written();
    f.let_pass(seconds(20));
    CHECK(frames_of(peer) == lines{"pong \"\"", "text \"and text\""});
  }

  TEST_CASE("the next connection has its own intervals, and none are sent between") {
    client_fixture<comes_back> f({}, beating(wsx::heartbeat(seconds(20), "alive")));
    memory_peer first = f.open();
    first.discard_written();
    f.let_pass(seconds(15));
    first.close();
    poll(f.io);
    f.let_pass(seconds(3));
    memory_peer second = f.next_open();
    second.discard_written();
    f.let_pass(seconds(19));  // the first one's would have come meanwhile
    CHECK(frames_of(second).empty());
    f.let_pass(seconds(1));
    CHECK(frames_of(second) == lines{"text \"alive\""});
    f.let_pass(seconds(20));
    CHECK(frames_of(second) == lines{"text \"alive\""});
    CHECK(f.client->stats().replies_dropped == 0);
  }

  TEST_CASE("it does not count while the client closes, and ends with it") {
    client_fixture<quiet> f({}, beating(wsx::heartbeat(seconds(20), "alive")));
    memory_peer peer = f.open();
    peer.discard_written();
    outcome closed;
    f.client->close(closed.token());
    f.let_pass(seconds(40));
    CHECK(frames_of(peer) == lines{"close without a code"});
    peer.write(close_frame());
    peer.close();
    poll(f.io);
    CHECK(closed.ok());
    f.client.reset();
    f.clock->run_for(f.io, seconds(100));
    CHECK(run_out(f.io));
  }

  TEST_CASE("a function that throws fails the connection as a callback does") {
    const auto make = []() -> std::string { throw std::runtime_error("no beat"); };
    client_fixture<quiet> f({}, beating(wsx::heartbeat(seconds(20), make)));
    memory_peer peer = f.open();
    peer.discard_written();
    f.let_pass(seconds(20));
    CHECK(frames_of(peer) == lines{"close 1011 \"\""});
    peer.close();
    poll(f.io);
    CHECK(f.ended.failed(wsx::errc::handler_failed));
  }

  TEST_CASE("equal: copies only, so that clients share options") {
    const wsx::heartbeat one(seconds(20), "alive");
    CHECK(one == wsx::heartbeat(one));
    CHECK(one != wsx::heartbeat(seconds(20), "alive"));
    CHECK(one != wsx::heartbeat());
    CHECK(wsx::heartbeat() == wsx::heartbeat());
  }
}
