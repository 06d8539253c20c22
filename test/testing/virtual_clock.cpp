#include "../../lib/client/client_timer.hpp"
#include "../behavior/support.hpp"

#include <wsx/testing/virtual_clock.hpp>

#include <asio/thread_pool.hpp>

#include <functional>
#include <memory>

namespace {

using namespace behavior_test;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::steady_clock;
using wsx::detail::client_clock;
using wsx::detail::client_timer;
using wsx::testing::virtual_clock;

struct order {
  int number;
};

struct handler {
  lines seen{};
  void handle_frame(wsx::text) {}
  void handle_info(order o) { seen.push_back(std::to_string(o.number)); }
  void handle_info(std::shared_ptr<int>) {}
};

// Waits a minute, and again, and writes down when it was woken.
struct every_minute {
  every_minute(asio::io_context& io, virtual_clock& c)
      : strand(wsx::as_strand(io.get_executor())),
        timer(strand, client_clock(io.get_executor())),
        clock(c) {
    wait();
  }

  void wait() {
    timer.expires_after(minutes(1));
    timer.async_wait([this](std::error_code error) {
      if (error) return;
      woken.push_back(clock.now());
      wait();
    });
  }

  const wsx::strand strand;
  client_timer timer;
  virtual_clock& clock;
  std::vector<virtual_clock::time_point> woken;
};

}  // namespace

TEST_SUITE("testing/virtual_clock") {
  TEST_CASE("begins with the machine's, and moves by hand only, never back") {
    asio::io_context io;
    const auto before = steady_clock::now();
    virtual_clock clock(io);
    const auto start = clock.now();
    CHECK(start >= before);
    while (steady_clock::now() <= start) continue;
    CHECK(clock.now() == start);
    clock.advance(hours(24));
    CHECK(clock.now() == start + hours(24));
    clock.advance(-hours(1));
    clock.advance(virtual_clock::duration::min());
    CHECK(clock.now() == start + hours(24));
    clock.advance(virtual_clock::duration::max());
    CHECK(clock.now() == virtual_clock::time_point::max());
    clock.advance(hours(1));
    CHECK(clock.now() == virtual_clock::time_point::max());
  }

  TEST_CASE("of any execution context") {
    asio::thread_pool pool(1);
    virtual_clock clock(pool);
    clock.advance(hours(1));
    CHECK(client_clock(pool.get_executor()).now() == clock.now());
  }

  TEST_CASE("next_due") {
    asio::io_context io;
    virtual_clock clock(io);
    CHECK(!clock.next_due());
    every_minute waits(io, clock);
    CHECK(clock.next_due() == clock.now() + minutes(1));
    waits.timer.cancel();
    CHECK(!clock.next_due());
  }

  TEST_CASE("advance: all at once; run_for: each at its time") {
    asio::io_context io;
    virtual_clock clock(io);
    every_minute waits(io, clock);
    const auto start = clock.now();
    clock.advance(minutes(3));
    poll(io);
    CHECK(waits.woken == std::vector{start + minutes(3)});
    clock.run_for(io, minutes(2) + std::chrono::seconds(1));
    CHECK(waits.woken == std::vector{start + minutes(3), start + minutes(4), start + minutes(5)});
    CHECK(clock.now() == start + minutes(5) + std::chrono::seconds(1));
  }

  TEST_CASE("run_for: first what can be done without waiting, in the end what is due by then") {
    asio::io_context io;
    virtual_clock clock(io);
    std::optional<every_minute> waits;
    asio::post(io, [&] { waits.emplace(io, clock); });
    const auto start = clock.now();
    clock.run_for(io, minutes(1));
    REQUIRE(waits);
    CHECK(waits->woken == std::vector{start + minutes(1)});
  }

  TEST_CASE("advance_per_look: each look moves it; what is due by that comes with the next move") {
    asio::io_context io;
    virtual_clock clock(io);
    every_minute waits(io, clock);
    const auto start = clock.now();
    const client_clock client(io.get_executor());
    clock.advance_per_look(minutes(1));
    CHECK(client.now() == start);
    CHECK(client.now() == start + minutes(1));
    CHECK(clock.now() == start + minutes(2));
    clock.advance_per_look(-minutes(1));
    CHECK(client.now() == start + minutes(2));
    CHECK(client.now() == start + minutes(2));
    poll(io);
    CHECK(waits.woken.empty());
    const auto then = clock.now();
    clock.run_for(io, minutes(0));
    CHECK(waits.woken == std::vector{then});
    CHECK(clock.now() == then);
    clock.advance_per_look(virtual_clock::duration::max());
    CHECK(client.now() == start + minutes(2));
    CHECK(client.now() == virtual_clock::time_point::max());
    CHECK(clock.now() == virtual_clock::time_point::max());
  }

  TEST_CASE("post_after of a client lives by it") {
    asio::io_context io;
    virtual_clock clock(io);
    wsx::testing::memory_listener server("server");
    memory_client<handler> client(io, handler(), calm());
    client.connect(server.url(), [](std::error_code) {});
    poll(io);
    server.next()->accept();
    poll(io);
    client.post_after(hours(2), order{2});
    client.post_after(hours(1), order{1});
    poll(io);
    clock.advance(hours(1));
    poll(io);
    CHECK(client.handler().seen == lines{"1"});
    clock.advance(hours(1));
    poll(io);
    CHECK(client.handler().seen == lines{"1", "2"});
  }

  TEST_CASE("a client that outlives it: its timers do not come, and end with it") {
    asio::io_context io;
    std::optional<virtual_clock> clock(std::in_place, io);
    wsx::testing::memory_listener server("server");
    std::optional<memory_client<handler>> client(std::in_place, io, handler(), calm());
    client->connect(server.url(), [](std::error_code) {});
    poll(io);
    server.next()->accept();
    client->post_after(minutes(1), order{1});
    poll(io);
    clock.reset();
    poll(io);
    CHECK(client->is_open());
    CHECK(client->handler().seen.empty());
    CHECK(!io.stopped());
    client.reset();
    CHECK(run_out(io));
  }

  TEST_CASE("the context goes while a client's timers wait: the messages are destroyed") {
    const auto token = std::make_shared<int>();
    auto io = std::make_unique<asio::io_context>();
    virtual_clock clock(*io);
    wsx::testing::memory_listener server("server");
    std::optional<memory_client<handler>> client(std::in_place, *io, handler(), calm());
    client->connect(server.url(), [](std::error_code) {});
    client->post_after(minutes(1), token);
    poll(*io);
    CHECK(token.use_count() == 2);
    client->detach();
    client.reset();
    poll(*io);
    CHECK(token.use_count() == 2);
    io.reset();
    CHECK(token.use_count() == 1);
    clock.advance(hours(1));
    CHECK(!clock.next_due());
  }

  TEST_CASE("those that are made before or behind it live by the machine's") {
    asio::io_context io;
    const client_clock before(io.get_executor());
    std::optional<virtual_clock> clock(std::in_place, io);
    const client_clock meanwhile(io.get_executor());
    clock.reset();
    const client_clock behind(io.get_executor());
    CHECK(before.time() == nullptr);
    CHECK(meanwhile.time() != nullptr);
    CHECK(behind.time() == nullptr);
  }

  TEST_CASE("for those that outlive it time stands still, until another goes on with it") {
    asio::io_context io;
    std::optional<virtual_clock> clock(std::in_place, io);
    every_minute waits(io, *clock);
    clock->advance(hours(1));
    poll(io);
    CHECK(waits.woken.size() == 1);
    const auto stood = waits.timer.clock().now();
    clock.reset();
    poll(io);
    CHECK(waits.timer.clock().now() == stood);
    clock.emplace(io);
    CHECK(clock->now() == stood);
    clock->advance(minutes(1));
    poll(io);
    CHECK(waits.woken.size() == 2);
  }

  TEST_CASE("two at once are one, and force ends with the last") {
    asio::io_context io;
    std::optional<virtual_clock> a(std::in_place, io);
    std::optional<virtual_clock> b(std::in_place, io);
    a->advance(hours(1));
    CHECK(b->now() == a->now());
    a.reset();
    CHECK(client_clock(io.get_executor()).time() != nullptr);
    b.reset();
    CHECK(client_clock(io.get_executor()).time() == nullptr);
  }

  TEST_CASE("outlives the context") {
    auto io = std::make_unique<asio::io_context>();
    virtual_clock clock(*io);
    auto waits = std::make_unique<every_minute>(*io, clock);
    waits.reset();
    io.reset();
    clock.advance(hours(1));
    CHECK(!clock.next_due());
  }
}
