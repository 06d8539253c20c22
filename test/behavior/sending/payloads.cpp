#include "../operations/completion_tokens.hpp"
#include "../support.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include <functional>
#include <future>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

// How long a payload must live that is sent: with a completion token, no longer than the call.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

struct comes_back {
  void handle_frame(wsx::text) {}
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) { return wsx::reconnect(); }
};

const std::string filler(120, 'f');
const std::string payload(200, 'p');       // finds no room behind the filler
const std::string large(600'000, 'l');     // finds none in any queue
const std::string not_sent(600'000, 'x');  // what payloads are overwritten with

// A client whose queue is full.
struct fixture : client_fixture<quiet> {
  fixture() : client_fixture<quiet>({}, calm().set(&wsx::options::send_queue_size, 256)) {
    peer.discard_written();
    peer.allow_write(0);
    REQUIRE(client->try_send(filler));
    poll(io);
  }

  // What the server gets now, and has not got before; but for the filler.
  std::vector<std::string> payloads() {
    peer.allow_write(memory_peer::unlimited);
    poll(io);
    std::vector<std::string> all;
    while (const auto frame = peer.take_frame()) {
      if (frame->payload != filler) all.push_back(frame->payload);
    }
    return all;
  }

  memory_peer peer = open();
};

using sends = std::vector<std::string>;

// Hands `send` a payload that is overwritten, and goes, when `send` returns.
template <class Send>
auto with_temporary(const std::string& what, Send send) {
  std::string temporary = what;
  auto started = send(wsx::text{temporary});
  temporary.replace(0, temporary.size(), not_sent, 0, temporary.size());
  return started;
}

asio::awaitable<void> await(asio::awaitable<void> what, bool* over) {
  co_await std::move(what);
  *over = true;
}

}  // namespace

TEST_SUITE("behavior/sending/payloads") {
  TEST_CASE("with a callback: copied if they have to wait") {
    for (const auto& what : {payload, large}) {
      fixture f;
      outcome sent;
      with_temporary(what, [&](wsx::text t) {
        f.client->send(t, sent.token());
        return 0;
      });
      poll(f.io);
      CHECK(!sent.done());
      CHECK(f.payloads() == sends{what});
      CHECK(sent.ok());
    }
  }

  TEST_CASE("with a callback for another executor, and a sender of its own") {
    fixture f;
    auto sender = f.client->make_sender();
    outcome sent;
    with_temporary(large, [&](wsx::text t) {
      sender.send(wsx::uncompressed(t), asio::bind_executor(f.io.get_executor(), sent.token()));
      return 0;
    });
    CHECK(f.payloads() == sends{large});
    CHECK(sent.ok());
  }

  TEST_CASE("with use_future") {
    fixture f;
    auto sent =
        with_temporary(payload, [&](wsx::text t) { return f.client->send(t, asio::use_future); });
    CHECK(f.payloads() == sends{payload});
    CHECK_NOTHROW(sent.get());
  }

  TEST_CASE("detached, of a string that is made there") {
    fixture f;
    f.client->send(payload + "1", asio::detached);
    CHECK(f.payloads() == sends{payload + "1"});
  }

  TEST_CASE("deferred: copied when the operation is made, and sent each time that it is begun") {
    fixture f;
    outcome first, second;
    auto sent = with_temporary(payload, [&](wsx::text t) { return f.client->send(t, deferred); });
    auto copy = sent;
    poll(f.io);
    std::move(copy)(first.token());
    CHECK(f.payloads() == sends{payload});
    CHECK(first.ok());
    std::move(sent)(second.token());
    CHECK(f.payloads() == sends{payload});
    CHECK(second.ok());
  }

  TEST_CASE("use_awaitable as a token: awaited when the payload has gone") {
    for (const auto& what : {payload, large}) {
      fixture f;
      auto sent =
          with_temporary(what, [&](wsx::text t) { return f.client->send(t, asio::use_awaitable); });
      bool over = false;
      asio::co_spawn(f.io, await(std::move(sent), &over), asio::detached);
      poll(f.io);
      CHECK(!over);
      CHECK(f.payloads() == sends{what});
      CHECK(over);
    }
  }

  TEST_CASE("without a token: read where it lies, which costs no copy") {
    fixture f;
    std::string living = payload;
    bool over = false;
    asio::co_spawn(f.io, await(f.client->send(wsx::text{living}), &over), asio::detached);
    poll(f.io);
    CHECK(!over);
    living.replace(0, 1, "q");
    CHECK(f.payloads() == sends{living});
    CHECK(over);
  }

  TEST_CASE("a copy that waits is canceled, or its client ends") {
    fixture f;
    asio::cancellation_signal cancel;
    outcome canceled, ended;
    with_temporary(payload, [&](wsx::text t) {
      f.client->send(t, asio::bind_cancellation_slot(cancel.slot(), canceled.token()));
      return 0;
    });
    poll(f.io);
    cancel.emit(asio::cancellation_type::total);
    poll(f.io);
    CHECK(canceled.failed(asio::error::operation_aborted));
    with_temporary(large, [&](wsx::text t) {
      f.client->send(t, ended.token());
      return 0;
    });
    poll(f.io);
    f.client->abort();
    poll(f.io);
    CHECK(ended.failed(wsx::errc::aborted));
  }

  TEST_CASE("a copy that was cut with its connection is sent whole on the next one") {
    client_fixture<comes_back> f({}, calm().set(&wsx::options::send_queue_size, 256));
    memory_peer broken = f.open();
    broken.discard_written();
    broken.allow_write(1000);
    outcome sent;
    with_temporary(large, [&](wsx::text t) {
      f.client->send(t, sent.token());
      return 0;
    });
    poll(f.io);
    broken.fail_reads(asio::error::connection_reset);
    poll(f.io);
    memory_peer peer = f.server.next().value();
    peer.accept();
    poll(f.io);
    const auto frame = peer.take_frame();
    REQUIRE(frame);
    CHECK(frame->payload == large);
    CHECK(sent.ok());
  }
}
