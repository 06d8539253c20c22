#include "support.hpp"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <stdexcept>

// What happens when the workers are too slow.

namespace {

using namespace offload_test;

struct slow {
  lines* seen;
  lines* dropped;

  int key(const wsx::message& m) { return m.text()[0]; }
  void handle_frame(wsx::text m) { seen->push_back(std::string(m.payload.substr(0, 2))); }
  void handle_dropped(const wsx::message& m) {
    dropped->push_back(std::string(m.text().substr(0, 2)));
  }
};

struct throws_about_drops {
  void handle_frame(wsx::text) {}
  void handle_dropped(wsx::message) { throw std::runtime_error("lost"); }
};

// Large replies, one per message.
struct replies {
  std::string payload;
  wsx::action handle_frame(wsx::text) { return wsx::reply(wsx::text{payload}); }
};

struct never_done {
  std::string key(const wsx::message& m) { return std::string(m.text()); }
  asio::awaitable<void> handle_frame(wsx::text) {
    asio::steady_timer never(co_await asio::this_coro::executor,
                             std::chrono::steady_clock::time_point::max());
    co_await never.async_wait(asio::use_awaitable);
  }
};

// Sends until it is refused.
struct chatterbox {
  int* sent;
  std::error_code* refused;

  void handle_frame(wsx::text m, worker_session& s) {
    while (!(*refused = s.send(m))) ++*sent;
  }
};

struct fixture : offload_fixture<slow> {
  explicit fixture(offload_options options)
      : offload_fixture(std::move(options), slow{&seen, &dropped}) {}

  lines seen;
  lines dropped;
};

TEST_SUITE("offload/limits: wait") {
  TEST_CASE("at the limit nothing more is read, until there is room") {
    fixture f(with(overflow_policy::wait, 2));
    auto peer = f.open();
    const auto big = std::string(40'000, 'x');
    const auto before = peer.bytes_read();
    for (int i = 0; i < 50; ++i) peer.write(text_frame("a" + std::to_string(i % 10) + big));
    f.settle();
    const auto stopped = peer.bytes_read();
    CHECK(stopped - before < 4 * big.size());
    CHECK(f.stats().waiting == 2);
    CHECK(f.stats().waits == 1);
    f.clock.run_for(f.io, 10s);
    CHECK(peer.bytes_read() == stopped);
    f.run();
    CHECK(f.seen.size() == 50);
    CHECK(f.dropped.empty());
    CHECK(f.client->is_open());
  }

  TEST_CASE("bytes are limited, too") {
    auto options = with(overflow_policy::wait, 1000);
    options.max_bytes = 100;
    fixture f(options);
    auto peer = f.open();
    for (int i = 0; i < 4; ++i) peer.write(text_frame("a" + std::string(40, 'x')));
    f.settle();
    CHECK(f.stats().waiting == 2);
    CHECK(f.stats().waiting_bytes == 82);
    f.run();
    CHECK(f.seen.size() == 4);
  }

  TEST_CASE("a message that is larger than the limit is handled alone") {
    auto options = with(overflow_policy::wait, 1000);
    options.max_bytes = 10;
    fixture f(options);
    auto peer = f.open();
    for (int i = 0; i < 3; ++i) peer.write(text_frame("a" + std::string(40, 'x')));
    f.settle();
    CHECK(f.stats().waiting == 1);
    f.run();
    CHECK(f.seen.size() == 3);
  }

  TEST_CASE("a worker that closes ends the wait") {
    struct closes {
      wsx::action handle_frame(wsx::text) { return wsx::close(); }
    };
    offload_fixture<closes> f(with(overflow_policy::wait, 1));
    auto peer = f.open();
    for (int i = 0; i < 40; ++i) peer.write(text_frame("a"));
    f.run();
    CHECK(frames_of(peer) == lines{"close without a code"});
    peer.write(close_frame());
    peer.close();
    f.run();
    CHECK(f.ended.ok());
  }

  TEST_CASE("the client's end ends the wait, and counts the message") {
    fixture f(with(overflow_policy::wait, 1));
    auto peer = f.open();
    for (int i = 0; i < 3; ++i) peer.write(text_frame("a"));
    f.settle();
    CHECK(f.stats().waits == 1);
    f.client->abort();
    f.run();
    CHECK(f.ended.failed(errc::aborted));
    CHECK(f.stats().dropped == 2);  // the one that waited for room, and the one in the queue
    CHECK(f.seen.empty());
  }

  TEST_CASE("a queue that is full for longer than pongs may take gives the server up") {
    auto o = calm();
    o.ping_interval = 10s;
    o.ping_timeout = 10s;
    lines seen;
    lines dropped;
    offload_fixture<slow> f(std::in_place, o, with(overflow_policy::wait, 1),
                            slow{&seen, &dropped});
    auto peer = f.open();
    for (int i = 0; i < 40; ++i) peer.write(text_frame("a"));
    f.clock.run_for(f.io, 25s);
    f.run();
    CHECK(f.ended.failed(errc::ping_timeout));
  }
}

TEST_SUITE("offload/limits: drop_oldest") {
  TEST_CASE("the oldest messages that wait are dropped, and told") {
    fixture f(with(overflow_policy::drop_oldest, 3));
    auto peer = f.open();
    for (int i = 0; i < 5; ++i) peer.write(text_frame("a" + std::to_string(i)));
    f.settle();
    CHECK(f.dropped == lines{"a0", "a1"});
    f.run();
    CHECK(f.seen == lines{"a2", "a3", "a4"});
    CHECK(f.stats().dropped == 2);
    CHECK(f.stats().waits == 0);
  }

  TEST_CASE("the oldest of all keys is dropped") {
    fixture f(with(overflow_policy::drop_oldest, 3));
    auto peer = f.open();
    for (const char* each : {"a0", "b0", "a1", "b1", "c0"}) peer.write(text_frame(each));
    f.run();
    CHECK(f.dropped == lines{"a0", "b0"});
    CHECK(f.seen == lines{"a1", "b1", "c0"});
  }

  TEST_CASE("several are dropped for a large one") {
    auto options = with(overflow_policy::drop_oldest, 1000);
    options.max_bytes = 10;
    fixture f(options);
    auto peer = f.open();
    for (const char* each : {"a0..", "a1..", "a2.......", "a3"}) peer.write(text_frame(each));
    f.run();
    CHECK(f.dropped == lines{"a0", "a1", "a2"});
    CHECK(f.seen == lines{"a3"});
  }

  TEST_CASE("handle_dropped may throw, as any callback") {
    offload_fixture<throws_about_drops> f(with(overflow_policy::drop_oldest, 1));
    auto peer = f.open();
    peer.write(text_frame("a"));
    peer.write(text_frame("b"));
    f.run();
    CHECK(frames_of(peer).front().starts_with("close 1011"));
  }
}

TEST_SUITE("offload/limits: conflate") {
  TEST_CASE("the latest message of each key is handled, in the place of the first") {
    fixture f(with(overflow_policy::conflate, 3));
    auto peer = f.open();
    for (const char* each : {"a0", "b0", "a1", "a2", "c0", "b1"}) peer.write(text_frame(each));
    f.settle();
    CHECK(f.dropped == lines{"a0", "a1", "b0"});
    f.run();
    CHECK(f.seen == lines{"a2", "b1", "c0"});
    CHECK(f.stats().conflated == 3);
    CHECK(f.stats().dropped == 0);
  }

  TEST_CASE("new keys wait at the limit") {
    fixture f(with(overflow_policy::conflate, 2));
    auto peer = f.open();
    for (const char* each : {"a0", "b0", "c0", "a1"}) peer.write(text_frame(each));
    f.settle();
    CHECK(f.stats().waits == 1);
    f.run();
    CHECK(f.seen.size() == 4);
    CHECK(f.seen.front() == "a0");
  }
}

TEST_SUITE("offload/limits: workers") {
  TEST_CASE("so many messages are handled at a time") {
    offload_fixture<never_done> f(with(overflow_policy::wait, 100, 2));
    auto peer = f.open();
    for (const char* each : {"a", "b", "c", "d"}) peer.write(text_frame(each));
    f.run();
    CHECK(f.stats().running == 2);
    CHECK(f.stats().waiting == 2);
    f.client->abort();
    f.run();
    CHECK(f.stats().running == 0);
  }
}

TEST_SUITE("offload/limits: replies") {
  TEST_CASE("workers wait while the server takes no replies") {
    auto o = calm();
    o.max_reply_bytes = 1000;
    offload_fixture<replies> f(std::in_place, o, with(overflow_policy::wait, 4),
                               replies{std::string(900, 'r')});
    auto peer = f.open();
    peer.allow_write(0);
    for (int i = 0; i < 40; ++i) peer.write(text_frame("a"));
    f.run();
    CHECK(f.client->is_open());
    CHECK(f.stats().handled < 10);
    peer.allow_write(memory_peer::unlimited);
    f.run();
    CHECK(frames_of(peer).size() == 40);
    CHECK(f.stats().handled == 40);
  }

  TEST_CASE("a worker that sends too much is refused") {
    int sent = 0;
    std::error_code refused;
    auto options = with(overflow_policy::wait, 1000);
    options.max_bytes = 100;
    offload_fixture<chatterbox> f(options, chatterbox{&sent, &refused});
    auto peer = f.open();
    peer.write(text_frame("twenty bytes of text"));
    f.run();
    CHECK(refused == errc::queue_full);
    CHECK(sent == 6);  // the last one exceeds the limit
    CHECK(frames_of(peer).size() == 6);
  }
}

}  // namespace
