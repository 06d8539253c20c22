#include "../support.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>

#include <exception>

// The operations without a completion token, awaited by a coroutine that is canceled: they throw
// `operation_aborted`, and but for `connect` the connection is not touched.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

std::error_code error_of(std::exception_ptr what) {
  try {
    if (what) std::rethrow_exception(what);
  } catch (const std::system_error& e) {
    return e.code();
  }
  return {};
}

// A coroutine that waits for one operation, and can be canceled.
struct coroutine {
  template <class T>
  coroutine(client_fixture<quiet>& f, asio::awaitable<T> operation) : io(f.io) {
    auto ended = [this](std::exception_ptr what, const auto&...) {
      ++calls;
      error = error_of(what);
    };
    asio::co_spawn(io, std::move(operation),
                   asio::bind_cancellation_slot(signal.slot(), std::move(ended)));
    poll(io);
  }

  // Cancels, and says whether that ended it as it should.
  bool cancel() {
    if (calls > 0) return false;
    signal.emit(asio::cancellation_type::terminal);
    poll(io);
    return calls == 1 && error == asio::error::operation_aborted;
  }

  asio::io_context& io;
  asio::cancellation_signal signal;
  int calls = 0;
  std::error_code error;
};

wsx::options small_queue() {
  auto o = calm();
  o.send_queue_size = 256;
  return o;
}

}  // namespace

TEST_SUITE("behavior/operations/canceled_coroutines") {
  TEST_CASE("connect: the attempt is given up, and the next one succeeds") {
    for (const bool connecting : {true, false}) {
      CAPTURE(connecting);
      client_fixture<quiet> f;
      if (connecting) f.server.hold();
      coroutine connect(f, f.client->connect(f.server.url()));
      CHECK(connect.cancel());
      if (!connecting) CHECK(f.server.next()->client_closed());
      f.server.release();
      while (f.server.next()) {}
      memory_peer peer = f.open();
      CHECK(f.connected.ok());
      CHECK(works(f, peer));
    }
  }

  TEST_CASE("send: the frame that waits is taken back") {
    client_fixture<quiet> f({}, small_queue());
    memory_peer peer = f.open();
    peer.allow_write(0);
    const std::string large(200, 'a');
    const std::string behind(200, 'b');
    REQUIRE(f.client->try_send(wsx::text{large}));
    const wsx::text frame{behind};
    coroutine send(f, f.client->send(frame));
    CHECK(send.cancel());
    peer.allow_write(memory_peer::unlimited);
    poll(f.io);
    CHECK(peer.take_frame()->payload == large);
    CHECK(!peer.take_frame());
    CHECK(works(f, peer));
  }

  TEST_CASE("send of a frame that was begun: it goes out whole") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    peer.allow_write(1000);
    const std::string huge(3'000'000, 'a');
    const wsx::text frame{huge};
    coroutine send(f, f.client->send(frame));
    CHECK(!send.cancel());
    CHECK(send.calls == 0);
    peer.allow_write(memory_peer::unlimited);
    poll(f.io);
    CHECK(send.calls == 1);
    CHECK(peer.take_frame()->payload == huge);
    CHECK(works(f, peer));
  }

  TEST_CASE("flush: what was queued goes out all the same") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    peer.allow_write(0);
    REQUIRE(f.client->try_send(wsx::text{"a"}));
    coroutine flush(f, f.client->flush());
    CHECK(flush.cancel());
    peer.allow_write(memory_peer::unlimited);
    poll(f.io);
    CHECK(frames_of(peer) == lines{"text \"a\""});
    CHECK(works(f, peer));
  }

  TEST_CASE("join: the client goes on, and others who join are told") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    coroutine join(f, f.client->join());
    CHECK(join.cancel());
    CHECK(works(f, peer));
    CHECK(!f.ended.done());
    peer.write(close_frame(1000));
    peer.close();
    poll(f.io);
    CHECK(f.ended.ok());
    CHECK(join.calls == 1);
  }

  TEST_CASE("close: the closing goes on, to its end in order") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    coroutine close(f, f.client->close(wsx::close_code::normal, "bye"));
    CHECK(close.cancel());
    CHECK(frames_of(peer) == lines{"close 1000 \"bye\""});
    CHECK(!peer.client_closed());
    peer.write(close_frame(1000));
    peer.close();
    poll(f.io);
    CHECK(f.ended.ok());
    CHECK(f.ended.reason.clean);
  }

  TEST_CASE("before anything has begun") {
    client_fixture<quiet> f;
    memory_peer peer = f.open();
    asio::cancellation_signal signal;
    std::vector<std::error_code> errors;
    asio::co_spawn(f.io, f.client->join(),
                   asio::bind_cancellation_slot(
                       signal.slot(), [&](std::exception_ptr what, const wsx::close_reason&) {
                         errors.push_back(error_of(what));
                       }));
    signal.emit(asio::cancellation_type::terminal);
    poll(f.io);
    CHECK(errors == std::vector<std::error_code>{asio::error::operation_aborted});
    CHECK(works(f, peer));
  }
}
