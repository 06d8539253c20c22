#include "../support.hpp"

// A server that answers pings, and has stopped to send messages.

namespace {

using namespace behavior_test;
using namespace wsx::testing;
using std::chrono::minutes;

wsx::options expecting_data() {
  return calm()
      .set(&wsx::options::ping_interval, minutes(1))
      .set(&wsx::options::data_timeout, minutes(10));
}

struct comes_back {
  std::vector<std::error_code> reasons{};
  void handle_frame(wsx::text) {}
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    reasons.push_back(d.reason.error);
    return wsx::reconnect();
  }
};

// Every ping is answered.
template <class Fixture>
void pass_answering(Fixture& f, memory_peer& peer, int count) {
  for (int i = 0; i < count; ++i) {
    f.let_pass(minutes(1));
    while (const auto frame = peer.take_frame()) {
      if (frame->opcode == opcodes::ping) peer.write(pong_frame(frame->payload));
    }
    poll(f.io);
  }
}

}  // namespace

TEST_SUITE("behavior/time/data_timeout") {
  TEST_CASE("a server that answers pings and sends nothing is given up, and connected to again") {
    client_fixture<comes_back> f({}, expecting_data());
    memory_peer peer = f.open();
    pass_answering(f, peer, 5);
    peer.write(text_frame("the last one"));
    poll(f.io);
    pass_answering(f, peer, 9);
    CHECK(f.client->is_open());
    pass_answering(f, peer, 1);
    CHECK(peer.client_closed());
    CHECK(f.handler().reasons == std::vector<std::error_code>{wsx::errc::data_timeout});
    memory_peer second = f.next_open();
    pass_answering(f, second, 9);
    CHECK(f.client->is_open());
  }

  TEST_CASE("the error is a timeout, and another attempt may succeed") {
    client_fixture<quiet> f({}, expecting_data().set(&wsx::options::ping_interval, minutes(0)));
    memory_peer peer = f.open();
    f.let_pass(minutes(10));
    CHECK(f.ended.failed(wsx::errc::data_timeout));
    CHECK(f.ended.error == wsx::condition::timeout);
    CHECK(f.ended.error == wsx::condition::transient);
    CHECK(f.ended.reason.diagnostics.message ==
          "the connection to server:80 failed: the server sent no message for 600 s "
          "(data_timeout)");
    CHECK(peer.client_closed());
  }

  TEST_CASE("a message that came while a callback kept the thread is seen first") {
    client_fixture<quiet> f({}, expecting_data().set(&wsx::options::ping_interval, minutes(0)));
    memory_peer peer = f.open();
    peer.write(text_frame("just in time"));
    f.be_late(minutes(10));
    CHECK(f.client->is_open());
    f.let_pass(minutes(9));
    CHECK(f.client->is_open());
    f.let_pass(minutes(1));
    CHECK(f.ended.failed(wsx::errc::data_timeout));
  }
}
