#include "../../../lib/client/cross_thread_notifier.hpp"
#include "../support.hpp"
#include "allocation_hooks.hpp"

#include <wsx/testing/script_error.hpp>

#include <asio/error.hpp>
#include <asio/post.hpp>

#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What becomes of frames, and of the client, when memory runs out. This program has the allocations
// of its own thread fail where a test wants it.

namespace {

thread_local bool short_of_memory = false;
thread_local int left = 0;                // allocations that succeed
thread_local bool go_on_failing = false;  // once one has failed
thread_local int failed = 0;

}  // namespace

bool behavior_test::may_allocate(allocation) noexcept {
  if (!short_of_memory || left-- > 0) return true;
  ++failed;
  short_of_memory = go_on_failing;
  return false;
}
void behavior_test::allocated(void*) noexcept {}
void behavior_test::freed(void*) noexcept {}

namespace {

using namespace behavior_test;
using namespace wsx::testing;

// Which allocation is to fail, and whether all behind it do, too.
struct shortage {
  int after;
  bool for_good;

  // False if it throws for want of memory.
  template <class What>
  bool during(What what) const {
    left = after;
    go_on_failing = for_good;
    short_of_memory = true;
    bool through = true;
    try {
      what();
    } catch (const std::bad_alloc&) {
      through = false;
    }
    short_of_memory = false;
    return through;
  }
};

// For every allocation that there is within `during`.
template <class Test>
void whichever_fails(Test test, bool also_for_good = true) {
  for (const bool for_good : {false, true}) {
    if (for_good && !also_for_good) return;
    CAPTURE(for_good);
    for (int after = 0; after < 100; ++after) {
      CAPTURE(after);
      failed = 0;
      test(shortage{after, for_good});
      if (failed == 0) break;
      REQUIRE(after < 99);
    }
  }
}

// For any phase.
struct urgent {
  static constexpr bool wsx_any_phase = true;
};

struct unlucky {};

// A handler's callback that throws, behind which memory runs out.
struct unlucky_callback {
  std::string name;
  shortage none{};
  bool thrown = false;
  int terminated = 0;

  void run(std::string_view which) {
    if (which != name || std::exchange(thrown, true)) return;
    left = none.after;
    go_on_failing = none.for_good;
    short_of_memory = true;
    throw unlucky();
  }
};

struct throws {
  unlucky_callback* c;

  void init(const wsx::connection_info&) { c->run("init"); }
  void handle_connect(const wsx::connection_info&) { c->run("connect"); }
  void handle_frame(wsx::binary) { c->run("frame"); }
  void handle_cast(int) { c->run("cast"); }
  void handle_info(urgent) { c->run("info"); }
  void handle_disconnect(const wsx::disconnect&) { c->run("disconnect"); }
  void terminate(const wsx::close_reason&) {
    short_of_memory = false;
    ++c->terminated;
    c->run("terminate");
  }
};

struct throws_awaited {
  unlucky_callback* c;

  asio::awaitable<void> init(const wsx::connection_info&) { return run("init"); }
  asio::awaitable<void> handle_connect(const wsx::connection_info&) { return run("connect"); }
  asio::awaitable<void> handle_frame(wsx::binary) { return run("frame"); }
  asio::awaitable<void> handle_cast(int) { return run("cast"); }
  asio::awaitable<void> handle_info(urgent) { return run("info"); }
  asio::awaitable<void> handle_disconnect(const wsx::disconnect&) { return run("disconnect"); }
  asio::awaitable<void> terminate(const wsx::close_reason&) {
    short_of_memory = false;
    ++c->terminated;
    return run("terminate");
  }

 private:
  asio::awaitable<void> run(const char* which) {
    c->run(which);
    co_return;
  }
};

// Everything that makes one of its callbacks be called, from an attempt to connect to the end.
template <class Handler>
void live(client_fixture<Handler>& f, bool with_connection) {
  memory_peer peer = f.dial();
  f.client->post(urgent{});
  poll(f.io);
  if (with_connection) {
    peer.accept();
    poll(f.io);
    f.client->cast(1);
    poll(f.io);
    peer.write(binary_frame("a"));
    poll(f.io);
  }
  peer.write(close_frame(1011));
  peer.close();
  poll(f.io);
}

struct answers_at_length {
  wsx::action handle_frame(wsx::text) { return wsx::reply(wsx::text{std::string(300'000, 'x')}); }
};

struct takes_casts {
  std::vector<int>* seen;

  void handle_frame(wsx::text) {}
  void handle_cast(int n) { seen->push_back(n); }
};

// Sends with the first message: so there is a queue, and the strand has not been notified yet.
struct sends_once {
  const std::function<void()>* send;

  void handle_frame(wsx::text) { (*send)(); }
};

// For any phase, too: from then on there is enough memory.
struct enough {
  static constexpr bool wsx_any_phase = true;
};

// A part of what a rotation does is done without memory: from a moment on, up to another one behind
// which Asio takes no failure.
struct rotates {
  shortage none;
  std::string from;
  std::function<void()> post_enough;
  lines seen{};

  void handle_frame(wsx::binary) {}
  void handle_connect(const wsx::connection_info&) {}
  void handle_info(urgent) { at("due"); }
  void handle_info(enough) { short_of_memory = false; }
  void handle_cast(int) { at("open"); }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    seen.push_back(d.reason.error.message());
    return wsx::reconnect();
  }
  void handle_event(const wsx::event::attempt_started&) { short_of_memory = false; }
  void handle_event(const wsx::event::closing&) { short_of_memory = false; }
  void handle_event(const wsx::event::attempt_failed&) { at("failed"); }
  void handle_event(const wsx::event::disconnected& e) {
    CHECK((e.reason.error || e.reason.normal()));
    CHECK(e.reason.error != wsx::errc::aborted);
    at("ended");
  }

  void at(std::string_view moment) {
    if (moment != from) return;
    from.clear();
    if (moment == "failed" || moment == "ended") post_enough();
    left = none.after;
    go_on_failing = none.for_good;
    short_of_memory = true;
  }
};

// Runs what can run, until memory is there again. Returns whether nothing was thrown.
bool poll_with_little(asio::io_context& io) {
  bool through = true;
  try {
    poll(io);
  } catch (const std::bad_alloc&) {
    through = false;
  }
  short_of_memory = false;
  return through;
}

// The server accepts all connections that wait, and the client sends on one of them.
bool sends_on_one(client_fixture<rotates>& f, std::vector<memory_peer>& peers) {
  while (auto next = f.server.next()) peers.push_back(*next);
  for (auto& each : peers) {
    if (each.bytes_written() == 0 || each.client_closed()) continue;
    try {
      each.accept();
    } catch (const script_error&) {  // it was accepted before
    }
  }
  poll(f.io);
  for (auto& each : peers) each.discard_written();
  CHECK(f.client->try_send(wsx::binary("still")));
  poll(f.io);
  std::size_t heard = 0;
  for (auto& each : peers) heard += frames_of(each).size();
  return heard == 1;
}

// No text: simdjson allocates when it first looks at one, and takes no failure.
wsx::fragment begins_binary(std::string_view payload) {
  return {wsx::opcode::binary, true, false, wsx::as_bytes(payload)};
}
wsx::fragment ends_binary(std::string_view payload) {
  return {wsx::opcode::binary, false, true, wsx::as_bytes(payload)};
}

wsx::options small_queue() {
  auto o = impatient();
  o.send_queue_size = 256;
  return o;
}

// Asio's strand does not survive running out of memory when a post has to wake it.
template <class Handler>
void keep_busy(client_fixture<Handler>& f) {
  asio::post(f.client->get_executor(), [] {});
}

struct listener final : wsx::detail::strand_listener, std::enable_shared_from_this<listener> {
  explicit listener(asio::io_context& io) : on(wsx::as_strand(io.get_executor())) {}

  const wsx::strand& serial() const noexcept override { return on; }
  void on_ready(wsx::io_direction, std::uint32_t, std::error_code) override {}
  void on_time() override {}
  void on_work() override {}

  void on_notified() override { ++heard; }
  bool arm() { return notifier.arm(shared_from_this(), false); }

  wsx::strand on;
  wsx::detail::cross_thread_notifier notifier{on};
  int heard = 0;
};

// What comes before the write on the strand that runs out of memory.
using preparation = void (*)(client_fixture<answers_at_length>&, memory_peer&);

const preparation preparations[] = {
    [](auto&, memory_peer&) {},
    // The socket is full, and the client waits for it.
    [](auto&, memory_peer& peer) { peer.allow_write(10); },
    // Replies wait for the rest of a message, and reading for them.
    [](auto& f, memory_peer& peer) {
      peer.write(text_frame("a"));
      poll(f.io);
    },
    // Somebody waits for what is written.
    [](auto& f, memory_peer&) {
      f.client->flush([](std::error_code) {});
      poll(f.io);
    },
};

}  // namespace

TEST_SUITE("behavior/memory/out_of_memory") {
  TEST_CASE("the allocation that is to fail fails") {
    std::unique_ptr<int> made;
    for (const int after : {0, 1}) {
      failed = 0;
      CHECK(shortage{after, false}.during([&] { made = std::make_unique<int>(after); }) ==
            (after == 1));
      CHECK(failed == 1 - after);
    }
  }

  TEST_CASE("try_send throws, or has taken the frame") {
    whichever_fails([](const shortage& none) {
      client_fixture<quiet> f(real_time);
      memory_peer peer = f.open();
      bool taken = false;
      keep_busy(f);
      const bool through =
          none.during([&] { taken = f.client->try_send(wsx::text{std::string_view("a")}); });
      CHECK(taken == through);
      CHECK(f.client->try_send(wsx::text{"b"}));
      poll(f.io);
      const auto sent = frames_of(peer);
      CHECK(sent == (taken ? lines{"text \"a\"", "text \"b\""} : lines{"text \"b\""}));
    });
  }

  // After a first frame of the sender, another one without the memory to notify; then `next`.
  TEST_CASE("where there is none to wake the strand, whatever is asked for next does") {
    using what_next = void (*)(client_fixture<sends_once>&, std::optional<wsx::sender>&);
    const what_next all[] = {
        [](auto&, auto& sender) { CHECK(sender->try_send(wsx::text{"b"})); },
        [](auto& f, auto&) { f.client->flush([](std::error_code error) { CHECK(!error); }); },
        [](auto&, auto& sender) { sender.reset(); },
    };
    for (const what_next next : all) {
      whichever_fails([&](const shortage& none) {
        std::function<void()> send;
        client_fixture<sends_once> f(real_time, {&send});
        memory_peer peer = f.open();
        std::optional<wsx::sender> sender(f.client->make_sender());
        send = [&] { CHECK(sender->try_send(wsx::text{"first"})); };
        peer.write(text_frame("go"));
        poll(f.io);
        CHECK(frames_of(peer) == lines{"text \"first\""});
        bool taken = false;
        CHECK(none.during([&] { taken = sender->try_send(wsx::text{"a"}); }));
        CHECK(taken);
        poll(f.io);
        CHECK(frames_of(peer).empty() == (failed > 0));
        const auto sent = f.client->stats().frames_sent;
        next(f, sender);
        poll(f.io);
        CHECK(f.client->stats().frames_sent > (failed > 0 ? sent : 1));
      });
    }
  }

  TEST_CASE("cast throws, or has taken the message, and the next one wakes the client, too") {
    whichever_fails([](const shortage& none) {
      std::vector<int> seen;
      client_fixture<takes_casts> f(real_time, {&seen});
      f.open();
      bool taken = false;
      keep_busy(f);
      const bool through = none.during([&] { taken = f.client->cast(1); });
      CHECK(taken == through);
      poll(f.io);
      CHECK(f.client->cast(2));
      poll(f.io);
      CHECK(seen == (taken ? std::vector{1, 2} : std::vector{2}));
    });
  }

  TEST_CASE("send throws, or waits; if it throws nothing waits") {
    const std::string large(1000, 'x');  // larger than the queue
    whichever_fails([&](const shortage& none) {
      client_fixture<quiet> f(real_time, {}, small_queue());
      memory_peer peer = f.open();
      outcome sent;
      keep_busy(f);
      const bool through = none.during([&] { f.client->send(begins_binary(large), sent.token()); });
      poll(f.io);
      CHECK(sent.calls == (through ? 1 : 0));
      CHECK(frames_of(peer).size() == sent.calls);
      CHECK(f.client->try_send(wsx::text{"b"}) == !through);
      CHECK(f.client->try_send(ends_binary("c")) == through);
      poll(f.io);
      CHECK(frames_of(peer).size() == 1);
    });
  }

  TEST_CASE("the connection goes on, or ends, whatever fails while the strand writes") {
    const std::string large(100'000, 'x');
    for (const preparation prepare : preparations) {
      whichever_fails([&](const shortage& none) {
        client_fixture<answers_at_length> f(real_time, {}, small_queue());
        memory_peer peer = f.open();
        for (int i = 0; i < 2; ++i) peer.write(text_frame("a"));  // so that the server has room
        poll(f.io);
        peer.discard_written();
        CHECK(f.client->try_send(begins_binary("a")));
        poll(f.io);
        prepare(f, peer);
        const auto before = peer.bytes_written();
        bool through = false;
        outcome sent;
        asio::post(f.client->get_executor(), [&] {
          through = none.during([&] { f.client->send(ends_binary(large), sent.token()); });
        });
        poll(f.io);
        peer.allow_write(memory_peer::unlimited);
        poll(f.io);
        if (!through) {
          CHECK(peer.bytes_written() == before);
          CHECK(f.client->try_send(ends_binary("b")));
          poll(f.io);
        }
        const auto ended = [&] { return f.ended.done(); };
        CHECK((works(f, peer) || run_until(f.io, ended)));
        if (ended()) CHECK(f.ended.reason.error == wsx::errc::internal_failure);
      });
    }
  }

  TEST_CASE_TEMPLATE("a callback that throws ends the client, whatever fails behind that", Handler,
                     throws, throws_awaited) {
    for (const std::string name : {"init", "connect", "frame", "cast", "info", "disconnect"}) {
      CAPTURE(name);
      // The exception, what is said of it, and Close. Behind these, Asio takes no failure.
      for (int after = 0; after < 4; ++after) {
        CAPTURE(after);
        unlucky_callback c{name, {.after = after, .for_good = false}};
        client_fixture<Handler> f(real_time, {&c}, impatient());
        bool escaped = false;
        try {
          live(f, name != "info");
        } catch (const std::bad_alloc&) {
          escaped = true;
        }
        short_of_memory = false;
        CHECK(!escaped);
        CHECK(c.thrown);
        REQUIRE(run_until(f.io, [&] { return f.ended.done(); }));
        const bool known = f.ended.error == wsx::errc::handler_failed;
        CHECK((known || f.ended.error == wsx::errc::internal_failure));
        CHECK(f.connected.calls == 1);
        CHECK(c.terminated == 1);
      }
    }
  }

  TEST_CASE("a notifier that could not be armed can be later") {
    whichever_fails([](const shortage& none) {
      asio::io_context io;
      const auto inside = std::make_shared<listener>(io);
      CHECK(inside->arm());
      inside->notifier.notify();
      poll(io);
      CHECK(inside->heard == 1);
      const bool through = none.during([&] { inside->arm(); });
      if (!through) CHECK(inside->arm());
      inside->notifier.notify();
      poll(io);
      CHECK(inside->heard == 2);
    });
  }

  // From the moment that it is due, that its connection is open, or that an attempt or the old
  // connection has ended.
  TEST_CASE("a rotation fails, or is made, whatever fails of it; the client goes on") {
    constexpr std::chrono::hours age{1};
    for (const std::string from : {"due", "open", "failed", "ended"}) {
      CAPTURE(from);
      whichever_fails(
          [&](const shortage& none) {
            auto o = calm();
            o.max_connection_age = age;
            std::optional<client_fixture<rotates>> fixture;
            fixture.emplace(rotates{none, from, [&] { fixture->client->post(enough{}); }}, o);
            auto& f = *fixture;
            std::vector<memory_peer> peers{f.open()};
            if (from == "failed") f.server.refuse(asio::error::connection_refused);
            f.client->post_after(age - std::chrono::milliseconds(1), urgent{});
            f.client->post_after(age + std::chrono::milliseconds(1), enough{});
            poll(f.io);
            f.clock->advance(age + std::chrono::milliseconds(1));
            CHECK(poll_with_little(f.io));
            f.server.refuse({});
            if (from == "due") CHECK(f.server.accepted() == 2);  // it was begun again
            if (auto next = f.server.next()) {
              peers.push_back(*next);
              // The strand is busy until the handshake is over: the turn that finds the new
              // connection delivers the cast first.
              asio::post(f.client->get_executor(), [&] {
                peers.back().accept();
                while (f.io.poll_one() > 0) {}
                f.client->cast(1);
              });
              CHECK(poll_with_little(f.io));
              for (auto& each : peers) {
                if (frames_of(each).empty()) continue;
                each.write(close_frame(1000));
                each.close();
              }
              CHECK(poll_with_little(f.io));
            }
            CHECK(sends_on_one(f, peers));
            CHECK(!f.ended.done());
            // The first ones of a turn are frames of coroutines: without them the client has
            // failed, and
            // its handler is asked.
            const auto& seen = f.handler().seen;
            if (from != "open" || none.after >= 2) CHECK(seen.empty());
            for (const auto& why : seen)
              CHECK(why == wsx::make_error_code(wsx::errc::internal_failure).message());
            f.client.reset();
            CHECK(run_out(f.io));
          },
          false);  // for good: Asio takes no failure where it starts a coroutine
    }
  }
}
