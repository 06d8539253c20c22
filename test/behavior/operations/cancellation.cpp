#include "../support.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>

// Canceling an operation ends the waiting; but for `connect` it never touches the connection.

namespace {

using namespace client_test;
using namespace wsx::testing;

const std::error_code canceled = asio::error::operation_aborted;

struct plain {
  int* terminated;
  void handle_frame(wsx::text) {}
  void terminate(const wsx::close_reason&) {
    if (terminated != nullptr) ++*terminated;
  }
};

struct slow_init {
  asio::awaitable<void> init(const wsx::connection_info&) {
    asio::steady_timer never(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    std::error_code ignored;
    co_await never.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  void handle_frame(wsx::text) {}
};

struct patient {
  int* asked;
  void handle_frame(wsx::text) {}
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) {
    ++*asked;
    return wsx::reconnect_after(std::chrono::hours(1));
  }
};

// An outcome whose operation can be canceled.
struct cancelable : outcome {
  asio::cancellation_signal signal;

  auto slot_token() { return asio::bind_cancellation_slot(signal.slot(), token()); }
  auto slot_join_token() { return asio::bind_cancellation_slot(signal.slot(), join_token()); }
  void cancel() { signal.emit(asio::cancellation_type::terminal); }
};

// Runs the one thing that is to run next; the server answers as soon as it is asked. False if there
// is nothing to run.
bool step(world<plain>& w, std::optional<memory_peer>& peer) {
  w.io.restart();
  const bool ran = w.io.poll_one() > 0;
  if (!peer) peer = w.server.next();
  if (peer && peer->bytes_read() == 0 && !peer->client_closed()) {
    const auto request = peer->take_written();
    std::string_view left = request;
    if (const auto asked = parse_request(left)) peer->write(make_accept_response(*asked));
  }
  return ran;
}

}  // namespace

TEST_SUITE("client: cancellation") {
  TEST_CASE("connect, in each phase of connecting") {
    for (const std::string phase :
         {"not begun", "connecting", "writing", "handshaking", "reading the response"}) {
      CAPTURE(phase);
      int terminated = 0;
      world<plain> w({&terminated});
      cancelable connect;
      if (phase == "connecting") w.server.hold();
      if (phase == "writing") w.server.on_accept([](memory_peer& p) { p.allow_write(10); });
      w.client->connect(w.server.url(), connect.slot_token());
      if (phase != "not begun") poll(w.io);
      if (phase == "reading the response") {
        w.server.next()->write("HTTP/1.1 101 Switch");
        poll(w.io);
      }
      REQUIRE(!connect.done());
      connect.cancel();
      poll(w.io);
      CHECK(connect.failed(canceled));
      // The next attempt finds nothing of this one.
      w.server.release();
      w.server.on_accept({});
      while (w.server.next()) {}
      memory_peer peer = w.open();
      CHECK(w.connected.ok());
      CHECK(works(w, peer));
      CHECK(terminated == 0);
    }
  }

  TEST_CASE("connect, while init is under way: the client ends") {
    world<slow_init> w;
    cancelable connect;
    w.client->connect(w.server.url(), connect.slot_token());
    w.client->join(w.ended.join_token());
    poll(w.io);
    memory_peer peer = w.server.next().value();
    peer.accept();
    poll(w.io);
    REQUIRE(!connect.done());
    connect.cancel();
    poll(w.io);
    CHECK(connect.failed(canceled));
    CHECK(w.ended.failed(wsx::errc::aborted));
    CHECK(peer.client_closed());
  }

  TEST_CASE("connect, in the pause before another attempt") {
    int asked = 0;
    auto options = calm();
    options.handle_first_failure = true;
    world<patient> w({&asked}, options);
    w.server.refuse(asio::error::connection_refused);
    cancelable connect;
    w.client->connect(w.server.url(), connect.slot_token());
    poll(w.io);
    REQUIRE(asked == 1);
    REQUIRE(!connect.done());
    connect.cancel();
    poll(w.io);
    CHECK(connect.failed(canceled));
    CHECK(asked == 1);
    w.server.refuse({});
    w.open();
    CHECK(w.connected.ok());
  }

  TEST_CASE("connect, after each step: in time or too late, and the client is as good as new") {
    for (const bool refused : {false, true}) {
      CAPTURE(refused);
      const auto too_late = refused ? asio::error::connection_refused : std::error_code();
      std::vector<std::error_code> results;
      for (int steps = 0; results.empty() || results.size() == std::size_t(steps); ++steps) {
        CAPTURE(steps);
        world<plain> w({nullptr});
        if (refused) w.server.refuse(asio::error::connection_refused);
        cancelable first;
        std::optional<memory_peer> peer;
        w.client->connect(w.server.url(), first.slot_token());
        bool more = true;
        for (int i = 0; i < steps && more; ++i) more = step(w, peer);
        first.cancel();
        while (step(w, peer)) {}
        REQUIRE(first.calls == 1);
        if (more) results.push_back(first.error);
        if (first.error) {
          w.server.refuse({});
          peer = w.open();
          CHECK(w.connected.ok());
        }
        CHECK(works(w, *peer));
        // By now it is nobody's cancellation.
        first.cancel();
        poll(w.io);
        CHECK(works(w, *peer));
        CHECK(first.calls == 1);
      }
      // In time up to some step, too late from then on.
      const auto first_late = std::find(results.begin(), results.end(), too_late);
      CHECK(first_late != results.begin());
      CHECK(first_late != results.end());
      CHECK(std::count(results.begin(), first_late, canceled) == first_late - results.begin());
      CHECK(std::count(first_late, results.end(), too_late) == results.end() - first_late);
    }
  }

  TEST_CASE("a send that waits behind a full queue: its frame is taken back") {
    auto options = calm();
    options.send_queue_size = 256;
    world<plain> w({nullptr}, options);
    memory_peer peer = w.open();
    peer.allow_write(0);
    const std::string large(200, 'a');
    const std::string behind(200, 'b');
    REQUIRE(w.client->try_send(wsx::text{large}));
    poll(w.io);
    cancelable send;
    outcome before, flush;
    w.client->flush(before.token());
    w.client->send(wsx::text{behind}, send.slot_token());
    w.client->flush(flush.token());
    poll(w.io);
    REQUIRE(!send.done());
    send.cancel();
    poll(w.io);
    CHECK(send.failed(canceled));
    // What is queued before it has not been written yet.
    CHECK(!before.done());
    CHECK(!flush.done());
    peer.allow_write(memory_peer::unlimited);
    poll(w.io);
    CHECK(before.ok());
    // A flush that counted on the frame does not wait for it for ever.
    CHECK(flush.ok());
    CHECK(peer.take_frame()->payload == large);
    CHECK(!peer.take_frame());
    CHECK(works(w, peer));
  }

  TEST_CASE("a send whose frame has been begun goes on") {
    world<plain> w({nullptr});
    memory_peer peer = w.open();
    peer.allow_write(1000);
    const std::string huge(3'000'000, 'a');
    cancelable send;
    w.client->send(wsx::text{huge}, send.slot_token());
    poll(w.io);
    send.cancel();
    poll(w.io);
    CHECK(!send.done());
    peer.allow_write(memory_peer::unlimited);
    poll(w.io);
    CHECK(send.ok());
    CHECK(peer.take_frame()->payload == huge);
    CHECK(works(w, peer));
  }

  TEST_CASE("flush and join: the connection goes on") {
    world<plain> w({nullptr});
    memory_peer peer = w.open();
    peer.allow_write(0);
    w.client->try_send(wsx::text{"a"});
    cancelable flush;
    cancelable join;
    w.client->flush(flush.slot_token());
    w.client->join(join.slot_join_token());
    poll(w.io);
    flush.cancel();
    join.cancel();
    poll(w.io);
    CHECK(flush.failed(canceled));
    CHECK(join.failed(canceled));
    CHECK(!w.ended.done());
    peer.allow_write(memory_peer::unlimited);
    poll(w.io);
    CHECK(frames_of(peer) == lines{"text \"a\""});
    CHECK(works(w, peer));
  }

  TEST_CASE("close: closing goes on") {
    world<plain> w({nullptr});
    memory_peer peer = w.open();
    cancelable close;
    w.client->close(wsx::close_code::normal, "bye", close.slot_token());
    poll(w.io);
    close.cancel();
    poll(w.io);
    CHECK(close.failed(canceled));
    CHECK(frames_of(peer) == lines{"close 1000 \"bye\""});
    peer.write(close_frame(1000));
    peer.close();
    poll(w.io);
    CHECK(w.ended.ok());
  }
}
