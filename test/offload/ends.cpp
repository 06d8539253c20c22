#include "support.hpp"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <atomic>
#include <stdexcept>

// Connections and clients that end while messages are queued or handled.

namespace {

using namespace offload_test;

struct throws {
  int* calls;
  bool* terminated;

  void handle_frame(wsx::text) {
    ++*calls;
    throw std::runtime_error("a bad message");
  }
  void terminate(const wsx::close_reason& reason) {
    *terminated = true;
    CHECK(reason.error == errc::handler_failed);
  }
};

struct throws_later {
  asio::awaitable<void> handle_frame(wsx::text) {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    throw std::runtime_error("a bad message");
  }
};

// Says when the worker ran, and when the client ended.
struct events {
  lines* seen;

  wsx::action handle_frame(wsx::text m, worker_session& s) {
    seen->push_back(std::string(m.payload) + " of " + std::to_string(s.connection().number) +
                    (s.is_current() ? "" : ", which has ended"));
    if (!s.is_current()) CHECK(s.send("nobody waits for this"));
    return wsx::reply(m);
  }
  auto handle_disconnect(const wsx::disconnect& d) {
    seen->push_back("disconnect");
    return d.local() ? wsx::stop() : wsx::reconnect();
  }
  void terminate(const wsx::close_reason&) { seen->push_back("terminate"); }
};

struct stubborn {
  lines* seen;

  asio::awaitable<void> handle_frame(wsx::text) {
    asio::steady_timer never(co_await asio::this_coro::executor,
                             std::chrono::steady_clock::time_point::max());
    try {
      co_await never.async_wait(asio::use_awaitable);
    } catch (const std::exception&) {
      seen->push_back("interrupted");
      throw;
    }
  }
  void terminate(const wsx::close_reason&) { seen->push_back("terminate"); }
};

// A worker on a thread, which waits in the middle.
struct held {
  barrier* in_work;
  std::atomic<int>* alive;
  std::atomic<bool>* finished;
  std::string payload = "whole";

  held(barrier* b, std::atomic<int>* count, std::atomic<bool>* done)
      : in_work(b), alive(count), finished(done) {
    ++*alive;
  }
  held(const held&) = delete;
  held& operator=(const held&) = delete;
  ~held() {
    payload = "gone";
    --*alive;
  }

  wsx::action handle_frame(wsx::text, worker_session& s) {
    in_work->wait();
    *finished = payload == "whole" && !s.is_current() && s.send("late") == errc::not_connected;
    return wsx::reply("later");
  }
};

struct throws_when_reconnecting {
  lines* seen;
  void handle_frame(wsx::text) { throw std::runtime_error("of an old connection"); }
  auto handle_disconnect(const wsx::disconnect&) { return wsx::reconnect_after(1h); }
  void terminate(const wsx::close_reason&) { seen->push_back("terminate"); }
};

struct goes_on {
  lines* seen;
  void handle_frame(wsx::text m) {
    seen->push_back(std::string(m.payload));
    if (m.payload == "bad") throw std::runtime_error("bad");
  }
  auto handle_disconnect(const wsx::disconnect&) { return wsx::reconnect(); }
};

// "wait" waits until it is interrupted, anything else throws.
struct mixed {
  std::string key(const wsx::message& m) { return std::string(m.text()); }
  asio::awaitable<void> handle_frame(wsx::text m) {
    if (m.payload != "wait") throw std::runtime_error("the first failure");
    asio::steady_timer never(co_await asio::this_coro::executor,
                             std::chrono::steady_clock::time_point::max());
    co_await never.async_wait(asio::use_awaitable);
  }
};

TEST_SUITE("offload/ends") {
  TEST_CASE("what a worker throws ends the client, as what any callback throws") {
    int calls = 0;
    bool terminated = false;
    offload_fixture<throws> f(with(overflow_policy::wait, 100), throws{&calls, &terminated});
    auto peer = f.open();
    for (int i = 0; i < 5; ++i) peer.write(text_frame("a"));
    f.run();
    CHECK(frames_of(peer).front().starts_with("close 1011"));
    peer.close();
    f.run();
    CHECK(f.ended.failed(errc::handler_failed));
    CHECK(f.ended.reason.exception != nullptr);
    CHECK(calls == 1);
    CHECK(terminated);
    CHECK(f.stats().dropped == 4);
  }

  TEST_CASE("what a coroutine throws does so, too") {
    offload_fixture<throws_later> f(offload_options{});
    auto peer = f.open();
    peer.write(text_frame("a"));
    f.run();
    CHECK(frames_of(peer).front().starts_with("close 1011"));
  }

  TEST_CASE("it ends the wait for room") {
    int calls = 0;
    bool terminated = false;
    offload_fixture<throws> f(with(overflow_policy::wait, 1), throws{&calls, &terminated});
    auto peer = f.open();
    for (int i = 0; i < 5; ++i) peer.write(text_frame("a"));
    f.run();
    CHECK(frames_of(peer).front().starts_with("close 1011"));
    peer.close();
    f.run();
    CHECK(f.ended.failed(errc::handler_failed));
    CHECK(calls == 1);
  }

  TEST_CASE("coroutines that are interrupted because of it are no other failure") {
    offload_fixture<mixed> f(with(overflow_policy::wait, 100, 4));
    auto peer = f.open();
    peer.write(text_frame("wait"));
    f.run();
    peer.write(text_frame("throw"));
    f.run();
    peer.close();
    f.run();
    CHECK(f.ended.failed(errc::handler_failed));
    CHECK_THROWS_WITH(std::rethrow_exception(f.ended.reason.exception), "the first failure");
    CHECK(f.stats().running == 0);
  }

  TEST_CASE("without a connection it ends the client as well") {
    lines seen;
    offload_fixture<throws_when_reconnecting> f(offload_options{}, &seen);
    auto peer = f.open();
    peer.write(text_frame("a"));
    f.settle();
    peer.close();
    f.settle();
    CHECK_FALSE(f.client->is_open());
    f.run();
    CHECK(f.ended.failed(errc::handler_failed));
    CHECK(seen == lines{"terminate"});
  }

  TEST_CASE("with reconnect_after_exception the next connection is handled") {
    auto o = calm();
    o.reconnect_after_exception = true;
    lines seen;
    offload_fixture<goes_on> f(std::in_place, o, offload_options{}, &seen);
    auto peer = f.open();
    for (const char* each : {"good", "bad", "never"}) peer.write(text_frame(each));
    f.run();
    peer.write(close_frame(1011));
    peer.close();
    auto second = f.accept();
    second.write(text_frame("again"));
    f.run();
    CHECK(seen == lines{"good", "bad", "again"});
  }

  TEST_CASE("what is queued when the server closes is handled before terminate") {
    lines seen;
    offload_fixture<events> f(offload_options{}, &seen);
    auto peer = f.open();
    peer.write(text_frame("a"));
    peer.write(text_frame("b"));
    f.settle();
    f.client->close(asio::detached);
    f.settle();
    peer.write(close_frame());
    peer.close();
    f.settle();
    CHECK(seen == lines{"disconnect"});
    CHECK_FALSE(f.ended.done());
    f.run();
    CHECK(seen ==
          lines{"disconnect", "a of 1, which has ended", "b of 1, which has ended", "terminate"});
    CHECK(f.ended.ok());
    CHECK(f.stats().replies_dropped == 2);
  }

  TEST_CASE("a connection that is closing is not current") {
    lines seen;
    offload_fixture<events> f(offload_options{}, &seen);
    auto peer = f.open();
    peer.write(text_frame("a"));
    f.settle();
    f.client->close(asio::detached);
    f.settle();
    CHECK(f.work());
    CHECK(seen == lines{"a of 1, which has ended"});
  }

  TEST_CASE("join waits for the workers no longer than close_timeout, terminate does") {
    auto o = calm();
    o.close_timeout = 3s;
    lines seen;
    offload_fixture<events> f(std::in_place, o, offload_options{}, &seen);
    auto peer = f.open();
    peer.write(text_frame("a"));
    f.settle();
    f.client->close(asio::detached);
    f.settle();
    peer.write(close_frame());
    peer.close();
    f.clock.run_for(f.io, 4s);
    CHECK(f.ended.done());
    CHECK(seen == lines{"disconnect"});
    f.run();
    CHECK(seen.back() == "terminate");
  }

  TEST_CASE("abort drops what is queued, and interrupts coroutines") {
    lines seen;
    offload_fixture<stubborn> f(with(overflow_policy::wait, 100), &seen);
    auto peer = f.open();
    peer.write(text_frame("a"));
    peer.write(text_frame("b"));
    f.run();
    CHECK(f.stats().running == 1);
    f.client->abort();
    f.run();
    CHECK(seen == lines{"interrupted", "terminate"});
    CHECK(f.ended.failed(errc::aborted));
    CHECK(f.stats().dropped == 1);
  }

  TEST_CASE("a coroutine that has not run yet is interrupted, too") {
    lines seen;
    offload_fixture<stubborn> f(offload_options{}, &seen);
    auto peer = f.open();
    peer.write(text_frame("a"));
    f.settle();
    CHECK(f.work());  // begins it
    f.client->abort();
    f.run();
    CHECK(seen == lines{"interrupted", "terminate"});
  }

  TEST_CASE("the destructor interrupts coroutines; the handler lives until they have finished") {
    lines seen;
    offload_fixture<stubborn> f(offload_options{}, &seen);
    auto peer = f.open();
    peer.write(text_frame("a"));
    f.run();
    f.client.reset();
    f.settle();
    CHECK(seen.empty());
    while (f.work()) {}
    CHECK(seen == lines{"interrupted"});
  }

  TEST_CASE("nor on the one that replaces its connection in order") {
    lines seen;
    auto o = calm().set(&wsx::options::max_connection_age, 1h);
    offload_fixture<events> f(std::in_place, o, offload_options{}, &seen);
    auto old = f.open();
    old.write(text_frame("a"));
    f.settle();
    f.clock.run_for(f.io, 1h);
    auto next = f.accept();
    old.write(text_frame("b"));
    next.write(text_frame("c"));
    f.run();
    CHECK(seen == lines{"a of 1", "b of 1", "c of 2"});
    CHECK(frames_of(old) == lines{"close 1000 \"\""});
    CHECK(frames_of(next) == lines{"text \"c\""});
    CHECK(f.client->stats().replies_dropped == 2);
    old.close();
    f.settle();
    next.write(text_frame("d"));
    f.run();
    CHECK(frames_of(next) == lines{"text \"d\""});
  }

  TEST_CASE("a message knows its connection, and is answered on no other") {
    lines seen;
    offload_fixture<events> f(offload_options{}, &seen);
    auto peer = f.open();
    peer.write(text_frame("a"));
    f.settle();
    peer.close();
    auto second = f.accept();
    second.write(text_frame("b"));
    f.run();
    CHECK(seen == lines{"disconnect", "a of 1, which has ended", "b of 2"});
    CHECK(frames_of(second) == lines{"text \"b\""});
    CHECK(f.stats().replies_dropped == 1);
  }

  TEST_CASE("a worker may outlive its client, and the client's execution context") {
    barrier in_work;
    std::atomic<int> alive{0};
    std::atomic<bool> finished{false};
    asio::thread_pool threads(2);
    {
      asio::io_context io;
      memory_listener server("server");
      memory_client<wsx::offloaded<held>> client(io, calm(), std::in_place, threads,
                                                 offload_options{}, &in_work, &alive, &finished);
      client.connect(server.url(), asio::detached);
      poll(io);
      auto peer = *server.next();
      peer.accept();
      poll(io);
      peer.write(text_frame("a"));
      poll(io);
      in_work.await_waiting(1);
    }
    CHECK(alive == 1);
    in_work.open();
    threads.join();
    CHECK(finished);
    CHECK(alive == 0);
  }

  TEST_CASE("a worker may destroy its client") {
    struct destroys {
      std::optional<memory_client<wsx::offloaded<destroys>>>* client;
      asio::io_context* io;
      void handle_frame(wsx::text) { client->reset(); }
    };
    asio::io_context io;
    memory_listener server("server");
    std::optional<memory_client<wsx::offloaded<destroys>>> client;
    client.emplace(io, calm(), std::in_place, io, offload_options{}, &client, &io);
    client->connect(server.url(), asio::detached);
    poll(io);
    auto peer = *server.next();
    peer.accept();
    poll(io);
    peer.write(text_frame("a"));
    poll(io);
    CHECK_FALSE(client);
    CHECK(run_out(io));
  }
}

}  // namespace
