#include "../support.hpp"

#include <wsx/testing/server_frame.hpp>

// The deadlines of the peer rest while the client is suspended.

namespace {

using namespace behavior_test;
using namespace wsx::testing;
using std::chrono::minutes;
using std::chrono::seconds;

wsx::options with_pings() {
  auto o = calm();
  o.ping_interval = seconds(10);
  o.ping_timeout = seconds(5);
  return o;
}

template <class Fixture>
void suspend(Fixture& f) {
  outcome done;
  f.client->suspend(done.token());
  poll(f.io);
  REQUIRE(done.ok());
}

template <class Fixture>
void resume(Fixture& f) {
  outcome done;
  f.client->resume(done.token());
  poll(f.io);
  REQUIRE(done.ok());
}

}  // namespace

TEST_SUITE("behavior/time/suspended_deadlines") {
  TEST_CASE("no keepalive pings; after resume a whole interval passes first") {
    client_fixture<quiet> f({}, with_pings());
    memory_peer peer = f.open();
    peer.discard_written();
    f.let_pass(seconds(9));
    suspend(f);
    f.let_pass(minutes(10));
    CHECK(frames_of(peer).empty());
    resume(f);
    f.let_pass(seconds(9));
    CHECK(frames_of(peer).empty());
    f.let_pass(seconds(1));
    CHECK(frames_of(peer).size() == 1);
    f.let_pass(seconds(5));
    CHECK(f.ended.failed(wsx::errc::ping_timeout));
  }

  TEST_CASE("a short suspension, too") {
    client_fixture<quiet> f({}, with_pings());
    memory_peer peer = f.open();
    peer.discard_written();
    f.let_pass(seconds(8));
    suspend(f);
    resume(f);
    f.let_pass(seconds(9));
    CHECK(frames_of(peer).empty());
    f.let_pass(seconds(1));
    CHECK(frames_of(peer).size() == 1);
  }

  TEST_CASE("a pong that is owed: its deadline passes without harm") {
    client_fixture<quiet> f({}, with_pings());
    memory_peer peer = f.open();
    f.let_pass(seconds(10));
    peer.discard_written();
    suspend(f);
    f.let_pass(minutes(1));
    CHECK(!f.ended.done());
    resume(f);
    f.let_pass(seconds(9));
    CHECK(!f.ended.done());
    CHECK(frames_of(peer).empty());
    f.let_pass(seconds(1));
    CHECK(!f.ended.done());
    CHECK(frames_of(peer).size() == 1);
  }

  TEST_CASE("a late pong is no measurement") {
    client_fixture<quiet> f({}, with_pings());
    memory_peer peer = f.open();
    peer.discard_written();
    f.let_pass(seconds(10));
    const auto ping = peer.take_frame();
    REQUIRE(ping);
    suspend(f);
    peer.write(pong_frame(ping->payload));
    f.let_pass(minutes(1));
    resume(f);
    CHECK(f.client->stats().latency == seconds(0));
  }

  TEST_CASE("data_timeout") {
    client_fixture<quiet> f({}, calm().set(&wsx::options::data_timeout, seconds(10)));
    f.open();
    f.let_pass(seconds(9));
    suspend(f);
    f.let_pass(minutes(1));
    CHECK(!f.ended.done());
    resume(f);
    f.let_pass(seconds(9));
    CHECK(!f.ended.done());
    f.let_pass(seconds(1));
    CHECK(f.ended.failed(wsx::errc::data_timeout));
  }

  TEST_CASE("heartbeat") {
    const wsx::heartbeat beat(seconds(20), "alive");
    for (const auto rest : {seconds(600), seconds(5), seconds(19), seconds(20)}) {
      CAPTURE(rest.count());
      client_fixture<quiet> f({}, calm().set(&wsx::options::heartbeat, beat));
      memory_peer peer = f.open();
      peer.discard_written();
      f.let_pass(seconds(13));
      suspend(f);
      f.let_pass(rest);
      CHECK(frames_of(peer).empty());
      resume(f);
      f.let_pass(seconds(19));
      CHECK(frames_of(peer).empty());
      for (int i = 0; i < 3; ++i) {
        f.let_pass(seconds(1));
        CHECK(frames_of(peer) == lines{"text \"alive\""});
        f.let_pass(seconds(19));
        CHECK(frames_of(peer).empty());
      }
    }
  }

  TEST_CASE("a client that rests without keepalive sets no timer again and again") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    suspend(f);
    peer.discard_written();
    f.client->try_send(wsx::text{"used"});  // memory will be released
    f.let_pass(minutes(10));
    CHECK(settles(f.io));
    resume(f);
    CHECK(works(f, peer));
  }

  TEST_CASE("the closing handshake has its deadline") {
    client_fixture<quiet> f({}, calm().set(&wsx::options::close_timeout, seconds(2)));
    memory_peer peer = f.open();
    peer.write(close_frame(1001));
    poll(f.io);
    suspend(f);
    f.let_pass(seconds(2));
    CHECK(peer.client_closed());
    CHECK(!f.ended.done());
    resume(f);
    CHECK(f.ended.done());
  }
}
