#include "../support.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>

// Canceling an operation ends the waiting; but for `connect` it never touches the connection.

namespace {

using namespace behavior_test;
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
bool step(client_fixture<plain>& f, std::optional<memory_peer>& peer) {
  f.io.restart();
  const bool ran = f.io.poll_one() > 0;
  if (!peer) peer = f.server.next();
  if (peer && peer->bytes_read() == 0 && !peer->client_closed()) {
    const auto request = peer->take_written();
    std::string_view left = request;
    if (const auto asked = parse_request(left)) peer->write(make_accept_response(*asked));
  }
  return ran;
}

}  // namespace

TEST_SUITE("behavior/operations/cancellation") {
  TEST_CASE("connect, in each phase of connecting") {
    for (const std::string phase :
         {"not begun", "connecting", "writing", "handshaking", "reading the response"}) {
      CAPTURE(phase);
      int terminated = 0;
      client_fixture<plain> f({&terminated});
      cancelable connect;
      if (phase == "connecting") f.server.hold();
      if (phase == "writing") f.server.on_accept([](memory_peer& p) { p.allow_write(10); });
      f.client->connect(f.server.url(), connect.slot_token());
      if (phase != "not begun") poll(f.io);
      if (phase == "reading the response") {
        f.server.next()->write("HTTP/1.1 101 Switch");
        poll(f.io);
      }
      REQUIRE(!connect.done());
      connect.cancel();
      poll(f.io);
      CHECK(connect.failed(canceled));
      // The next attempt finds nothing of this one.
      f.server.release();
      f.server.on_accept({});
      while (f.server.next()) {}
      memory_peer peer = f.open();
      CHECK(f.connected.ok());
      CHECK(works(f, peer));
      CHECK(terminated == 0);
    }
  }

  TEST_CASE("connect, while init is under way: the client ends") {
    client_fixture<slow_init> f;
    cancelable connect;
    f.client->connect(f.server.url(), connect.slot_token());
    f.client->join(f.ended.join_token());
    poll(f.io);
    memory_peer peer = f.server.next().value();
    peer.accept();
    poll(f.io);
    REQUIRE(!connect.done());
    connect.cancel();
    poll(f.io);
    CHECK(connect.failed(canceled));
    CHECK(f.ended.failed(wsx::errc::aborted));
    CHECK(peer.client_closed());
  }

  TEST_CASE("connect, in the pause before another attempt") {
    int asked = 0;
    auto options = calm();
    options.handle_first_failure = true;
    client_fixture<patient> f({&asked}, options);
    f.server.refuse(asio::error::connection_refused);
    cancelable connect;
    f.client->connect(f.server.url(), connect.slot_token());
    poll(f.io);
    REQUIRE(asked == 1);
    REQUIRE(!connect.done());
    connect.cancel();
    poll(f.io);
    CHECK(connect.failed(canceled));
    CHECK(asked == 1);
    f.server.refuse({});
    f.open();
    CHECK(f.connected.ok());
  }

  TEST_CASE("connect, after each step: in time or too late, and the client is as good as new") {
    for (const bool refused : {false, true}) {
      CAPTURE(refused);
      const auto too_late = refused ? asio::error::connection_refused : std::error_code();
      std::vector<std::error_code> results;
      for (int steps = 0; results.empty() || results.size() == std::size_t(steps); ++steps) {
        CAPTURE(steps);
        client_fixture<plain> f({nullptr});
        if (refused) f.server.refuse(asio::error::connection_refused);
        cancelable first;
        std::optional<memory_peer> peer;
        f.client->connect(f.server.url(), first.slot_token());
        bool more = true;
        for (int i = 0; i < steps && more; ++i) more = step(f, peer);
        first.cancel();
        while (step(f, peer)) {}
        REQUIRE(first.calls == 1);
        if (more) results.push_back(first.error);
        if (first.error) {
          f.server.refuse({});
          peer = f.open();
          CHECK(f.connected.ok());
        }
        CHECK(works(f, *peer));
        // It is too late to cancel anything.
        first.cancel();
        poll(f.io);
        CHECK(works(f, *peer));
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
    client_fixture<plain> f({nullptr}, options);
    memory_peer peer = f.open();
    peer.allow_write(0);
    const std::string large(200, 'a');
    const std::string behind(200, 'b');
    REQUIRE(f.client->try_send(wsx::text{large}));
    poll(f.io);
    cancelable send;
    outcome before, flush;
    f.client->flush(before.token());
    f.client->send(wsx::text{behind}, send.slot_token());
    f.client->flush(flush.token());
    poll(f.io);
    REQUIRE(!send.done());
    send.cancel();
    poll(f.io);
    CHECK(send.failed(canceled));
    // What is queued before it has not been written yet.
    CHECK(!before.done());
    CHECK(!flush.done());
    peer.allow_write(memory_peer::unlimited);
    poll(f.io);
    CHECK(before.ok());
    // A flush that counted on the frame does not wait for it for ever.
    CHECK(flush.ok());
    CHECK(peer.take_frame()->payload == large);
    CHECK(!peer.take_frame());
    CHECK(works(f, peer));
  }

  TEST_CASE("a send whose frame has been begun goes on") {
    client_fixture<plain> f({nullptr});
    memory_peer peer = f.open();
    peer.allow_write(1000);
    const std::string huge(3'000'000, 'a');
    cancelable send;
    f.client->send(wsx::text{huge}, send.slot_token());
    poll(f.io);
    send.cancel();
    poll(f.io);
    CHECK(!send.done());
    peer.allow_write(memory_peer::unlimited);
    poll(f.io);
    CHECK(send.ok());
    CHECK(peer.take_frame()->payload == huge);
    CHECK(works(f, peer));
  }

  TEST_CASE("flush and join: the connection goes on") {
    client_fixture<plain> f({nullptr});
    memory_peer peer = f.open();
    peer.allow_write(0);
    f.client->try_send(wsx::text{"a"});
    cancelable flush;
    cancelable join;
    f.client->flush(flush.slot_token());
    f.client->join(join.slot_join_token());
    poll(f.io);
    flush.cancel();
    join.cancel();
    poll(f.io);
    CHECK(flush.failed(canceled));
    CHECK(join.failed(canceled));
    CHECK(!f.ended.done());
    peer.allow_write(memory_peer::unlimited);
    poll(f.io);
    CHECK(frames_of(peer) == lines{"text \"a\""});
    CHECK(works(f, peer));
  }

  TEST_CASE("close: closing goes on") {
    client_fixture<plain> f({nullptr});
    memory_peer peer = f.open();
    cancelable close;
    f.client->close(wsx::close_code::normal, "bye", close.slot_token());
    poll(f.io);
    close.cancel();
    poll(f.io);
    CHECK(close.failed(canceled));
    CHECK(frames_of(peer) == lines{"close 1000 \"bye\""});
    peer.write(close_frame(1000));
    peer.close();
    poll(f.io);
    CHECK(f.ended.ok());
  }
}
