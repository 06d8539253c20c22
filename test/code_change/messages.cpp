#include "support.hpp"

#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include <csignal>
#include <memory>
#include <vector>

// Casts, posts, timers and signals of a client whose handler is replaced.

namespace {

using namespace code_change_test;
using namespace std::chrono_literals;

struct order {
  int number;
};
struct quote {
  int price;
};
struct urgent {
  static constexpr bool wsx_any_phase = true;
  int number;
};

// Takes orders only; sets a timer when it has connected.
struct taker_v1 {
  lines* log;
  void handle_frame(wsx::text) {}
  void handle_connect(const wsx::connection_info&, wsx::session& s) { s.post_after(*this, 5ms, 7); }
  void handle_cast(order o) { log->push_back("1: order " + std::to_string(o.number)); }
  void handle_info(int n) { log->push_back("1: info " + std::to_string(n)); }
};

// Takes several, one of them by a coroutine.
struct taker_v2 {
  using messages =
      wsx::message_types<order, quote, std::unique_ptr<int>, int, wsx::signal, wsx::down, urgent>;
  lines* log;
  static taker_v2 code_change(const wsx::old_version&, const taker_v1& old) { return {old.log}; }
  void handle_frame(wsx::text) {}
  void handle_cast(const order& o) { log->push_back("2: order " + std::to_string(o.number)); }
  asio::awaitable<void> handle_cast(quote q) {
    auto back = asio::post(asio::use_awaitable);
    co_await std::move(back);
    log->push_back("2: quote " + std::to_string(q.price));
  }
  void handle_cast(std::unique_ptr<int> p, wsx::session&) {
    log->push_back("2: moved " + std::to_string(*p));
  }
  void handle_cast(urgent u) { log->push_back("2: urgent " + std::to_string(u.number)); }
  void handle_info(int n) { log->push_back("2: info " + std::to_string(n)); }
  void handle_info(wsx::signal s) { log->push_back("2: signal " + std::to_string(s.number)); }
  void handle_info(wsx::down d) {
    log->push_back("2: down " + std::to_string(d.monitor));
    (void)d;
  }
};

// Takes none.
struct taker_v3 {
  static taker_v3 code_change(const wsx::old_version&, const taker_v2&) { return {}; }
  static taker_v3 code_change(const wsx::old_version&, const taker_v1&) { return {}; }
  void handle_frame(wsx::text) {}
};

struct poster {
  using messages = wsx::message_types<order>;
  lines* log;
  void handle_frame(wsx::text, wsx::session& s) {
    s.post(*this, order{1});
    s.post(*this, 2.5);  // not in its list
  }
  void handle_info(order o) { log->push_back("order " + std::to_string(o.number)); }
  void handle_info(double) { log->push_back("a double"); }
};

lines& logged() {
  static lines all;
  return all;
}

void log_to_lines() {
  logged().clear();
  wsx::set_log_sink([](std::string_view line) { logged().emplace_back(line); });
}

}  // namespace

TEST_SUITE("code_change/messages") {
  TEST_CASE("a cast of a type that the handler does not take now is an error") {
    lines log;
    any_client f(taker_v1{&log});
    f.open();
    std::error_code error;
    CHECK(f.client->cast(order{1}, error));
    CHECK(!f.client->cast(quote{2}, error));
    CHECK(error == errc::message_not_taken);
    CHECK(!f.client->cast(7, error));  // there is only a handle_info
    CHECK(error == errc::message_not_taken);
    poll(f.io);
    CHECK(change<taker_v2>(f) == errc{});
    CHECK(f.client->cast(quote{2}, error));
    CHECK(!error);
    CHECK(f.client->cast(std::make_unique<int>(3)));
    poll(f.io);
    CHECK(log == lines{"1: order 1", "2: quote 2", "2: moved 3"});
  }

  TEST_CASE("what was queued goes to the handler that is there, in order") {
    lines log;
    any_client f(taker_v1{&log});
    CHECK(f.client->cast(order{1}));
    CHECK(f.client->post(2));
    CHECK(change<taker_v2>(f) == errc{});
    CHECK(f.client->cast(quote{3}));
    CHECK(f.client->cast(order{4}));
    f.open();
    CHECK(log == lines{"2: order 1", "2: info 2", "2: quote 3", "2: order 4"});
  }

  TEST_CASE("what is queued before a change on an open connection goes to the old handler") {
    lines log;
    any_client f(taker_v1{&log});
    f.open();
    CHECK(f.client->cast(order{1}));
    CHECK(change<taker_v2>(f) == errc{});
    CHECK(f.client->cast(order{2}));
    poll(f.io);
    CHECK(log == lines{"1: order 1", "2: order 2"});
  }

  TEST_CASE("a timer of the old handler reaches the new one") {
    lines log;
    any_client f(taker_v1{&log});
    f.open();
    CHECK(change<taker_v2>(f) == errc{});
    f.let_pass(5ms);
    CHECK(log == lines{"2: info 7"});
  }

  TEST_CASE("so does the client's timer, a signal, and the end of another client") {
    lines log;
    any_client f(taker_v1{&log});
    client_fixture<quiet> other(quiet(), calm(), "other");
    f.client->post_after(5ms, 8);
    f.client->watch_signal(SIGUSR1);
    const auto number = f.client->monitor(*other.client);
    f.open();
    CHECK(change<taker_v2>(f) == errc{});
    f.let_pass(5ms);
    std::raise(SIGUSR1);
    other.client.reset();
    poll(other.io);
    REQUIRE(run_until(f.io, [&] { return log.size() == 4; }));
    std::ranges::sort(log);
    CHECK(log == lines{"2: down " + std::to_string(number), "2: info 7", "2: info 8",
                       "2: signal " + std::to_string(SIGUSR1)});
  }

  TEST_CASE("what the new handler does not take is logged") {
    log_to_lines();
    lines log;
    any_client f(taker_v1{&log});
    CHECK(f.client->cast(order{1}));
    CHECK(f.client->post(2));
    CHECK(change<taker_v3, taker_v1>(f) == errc{});
    f.open();
    wsx::set_log_sink(nullptr);
    CHECK(log.empty());
    REQUIRE(logged().size() == 2);
    CHECK(logged()[0].starts_with("no public handle_cast takes a message of type "));
    CHECK(logged()[0].ends_with("order"));
    CHECK(logged()[1] == "no public handle_info takes a message of type int");
  }

  TEST_CASE("messages for any phase arrive without a connection") {
    lines log;
    any_client f(taker_v1{&log});
    CHECK(change<taker_v2>(f) == errc{});
    f.dial();
    CHECK(f.client->cast(urgent{1}));
    CHECK(f.client->cast(order{2}));
    poll(f.io);
    CHECK(log == lines{"2: urgent 1"});
  }

  TEST_CASE("a handler posts to itself what is in its list") {
    log_to_lines();
    lines log;
    any_client f(poster{&log});
    memory_peer peer = f.open();
    send(f, peer, "a");
    wsx::set_log_sink(nullptr);
    CHECK(log == lines{"order 1"});
    CHECK(logged() == lines{"no public handle_info takes a message of type double"});
  }

  TEST_CASE("a message that was not delivered is destroyed with the client") {
    struct counted_taker {
      void handle_frame(wsx::text) {}
      void handle_cast(std::shared_ptr<int>) {}
    };
    const auto counted = std::make_shared<int>(1);
    {
      any_client f(counted_taker{});
      CHECK(f.client->cast(counted));
      CHECK(counted.use_count() == 2);
    }
    CHECK(counted.use_count() == 1);
  }
}
