#include "support.hpp"

#include <wsx/metered.hpp>

#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <memory>

// The handler that counts.

namespace {

using namespace telemetry_test;
using wsx::duration_histogram;
using wsx::metered;

struct feed {
  int connected = 0;
  virtual_clock* clock = nullptr;

  void handle_event(const wsx::event::connected&) { ++connected; }
  wsx::action handle_frame(wsx::text m) {
    if (clock != nullptr) clock->advance(20ms);
    return wsx::reply(m);
  }
  void handle_cast(int) {}
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    return d.reason.normal() ? wsx::stop() : wsx::reconnect_after(1s);
  }
};

// The bucket for a duration.
std::uint64_t in_bucket_of(const duration_histogram& h, std::chrono::nanoseconds duration) {
  std::size_t i = 0;
  while (i < h.bounds.size() && h.bounds[i] < duration) ++i;
  return h.counts[i];
}

}  // namespace

TEST_SUITE("telemetry/metered") {
  TEST_CASE("what is sent and received, and the handler's own events") {
    client_fixture<metered<feed>> f;
    const auto counts = f.handler().metrics();
    memory_peer peer = f.open();
    CHECK(f.handler().connected == 1);
    peer.write(text_frame("abc"));
    peer.write({.opcode = opcodes::text, .payload = "in ", .fin = false});
    peer.write(continuation_frame("two", true));
    peer.write(ping_frame("?"));
    poll(f.io);
    f.client->try_send(begins("12"));
    f.client->try_send(ends("345"));
    poll(f.io);
    const auto v = counts->values();
    CHECK(v.received.messages == 2);
    CHECK(v.received.frames == 3);
    CHECK(v.received.bytes == 3 + 6 + 1);
    CHECK(v.sent.messages == 3);
    CHECK(v.sent.frames == 5);
    CHECK(v.sent.bytes == 3 + 6 + 1 + 2 + 3);
    CHECK(v.callbacks.count() == 2);
  }

  TEST_CASE("connections and their ends") {
    client_fixture<metered<feed>> f({}, [] {
      auto o = calm();
      o.handle_first_failure = true;
      return o;
    }());
    const auto counts = f.handler().metrics();
    f.server.refuse(asio::error::connection_refused);
    f.client->connect(f.server.url(), f.connected.token());
    poll(f.io);
    f.server.refuse({});
    f.let_pass(1s);
    CHECK(counts->values().failed_attempts == 1);
    memory_peer peer = f.next_open();
    CHECK(counts->values().open == 1);
    peer.close();
    poll(f.io);
    CHECK(counts->values().open == 0);
    CHECK(counts->values().ended_by_server == 1);
    f.let_pass(1s);
    peer = f.next_open();
    peer.write(binary_frame("not wanted"));
    poll(f.io);
    peer.close();
    poll(f.io);
    f.let_pass(1s);
    f.next_open();
    f.client->abort();
    poll(f.io);
    const auto v = counts->values();
    CHECK(v.attempts == 4);
    CHECK(v.connections == 3);
    CHECK(v.reconnects == 3);
    CHECK(v.ended_by_error == 1);
    CHECK(v.ended_by_client == 1);
    CHECK(v.open == 0);
  }

  TEST_CASE("durations: keepalive, callbacks, the queue") {
    client_fixture<metered<feed>> f({}, pinging());
    const auto counts = f.handler().metrics();
    memory_peer peer = f.open();
    f.let_pass(10s);
    peer.discard_written();
    peer.allow_write(0);
    f.client->try_send(wsx::text{"waits"});
    f.client->try_send(wsx::text{"waits, too"});
    poll(f.io);
    f.let_pass(300ms);
    CHECK(counts->values().queue_delay.count() == 1);  // the ping
    peer.allow_write(memory_peer::unlimited);
    poll(f.io);
    CHECK(counts->values().queue_delay.count() == 2);
    CHECK(in_bucket_of(counts->values().queue_delay, 300ms) == 1);
    CHECK(counts->values().queue_delay.sum == 300ms);
    peer.write(pong_frame(std::string("\x01\0\0\0", 4)));
    poll(f.io);
    CHECK(counts->values().keepalive.count() == 1);
    CHECK(in_bucket_of(counts->values().keepalive, 300ms) == 1);
    f.handler().clock = &*f.clock;
    peer.write(text_frame("a"));
    poll(f.io);
    CHECK(counts->values().callbacks.count() == 1);
    CHECK(in_bucket_of(counts->values().callbacks, 20ms) == 1);
    CHECK(counts->values().callbacks.sum == 20ms);
  }

  TEST_CASE("what is refused, and the mailbox") {
    auto o = calm();
    o.mailbox_size = 2;
    o.send_queue_size = 256;
    client_fixture<metered<feed>> f({}, o);
    const auto counts = f.handler().metrics();
    memory_peer peer = f.open();
    peer.allow_write(0);
    for (int i = 0; i < 5; ++i) f.client->cast(i);
    while (f.client->try_send(wsx::text{std::string(50, 'x')})) continue;
    poll(f.io);
    const auto v = counts->values();
    CHECK(v.refused_messages == 3);
    CHECK(v.refused_sends == 1);
    CHECK(v.refused_replies == 0);
    CHECK(v.mailbox == 0);
    CHECK(v.callbacks.count() == 2);
  }

  TEST_CASE("a coroutine is measured with its waits") {
    struct sleeper {
      asio::steady_timer* gate = nullptr;
      asio::awaitable<void> handle_frame(wsx::text) {
        co_await gate->async_wait(asio::use_awaitable);
      }
    };
    client_fixture<metered<sleeper>> f;
    asio::steady_timer gate(f.io, asio::steady_timer::time_point::max());
    f.handler().gate = &gate;
    memory_peer peer = f.open();
    peer.write(text_frame("a"));
    poll(f.io);
    CHECK(f.handler().metrics()->values().callbacks.count() == 0);
    f.let_pass(2s);
    gate.cancel();
    poll(f.io);
    CHECK(f.handler().metrics()->values().callbacks.sum == 2s);
  }

  TEST_CASE("the counters outlive the client, and may be those of several") {
    const auto counts = std::make_shared<wsx::metrics>();
    for (int i = 0; i < 2; ++i) {
      client_fixture<metered<feed>> f(metered(feed{}, counts));
      CHECK(f.handler().metrics() == counts);
      f.open();
    }
    CHECK(counts->values().connections == 2);
  }

  TEST_CASE("constructors are those of the handler") {
    struct named {
      std::string name;
      explicit named(std::string n) : name(std::move(n)) {}
      void handle_frame(wsx::text) {}
    };
    asio::io_context io;
    memory_client<metered<named>> client(io, std::in_place, "a name");
    CHECK(client.handler().name == "a name");
    metered<named> mine{named("b")};
    memory_client<std::reference_wrapper<metered<named>>> by_reference(io, std::ref(mine));
    CHECK(&by_reference.handler() == &mine);
  }
}
