#include "support.hpp"

#include <wsx/testing/echo_server.hpp>

#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>

#include <atomic>
#include <thread>

// A client in traffic that other threads suspend, look at, and resume.

namespace {

using namespace loopback_test;
using namespace wsx::testing;

// Counts without any protection but that of the strand.
struct counter {
  int frames = 0;
  int casts = 0;
  void handle_frame(wsx::text) { ++frames; }
  wsx::action handle_cast(int) {
    ++casts;
    return wsx::reply("echo");
  }
};

// The same with coroutines.
struct counting_coroutine : counter {
  asio::awaitable<void> handle_frame(wsx::text) {
    ++frames;
    co_return;
  }
};

}  // namespace

TEST_SUITE("loopback/suspending") {
  TEST_CASE_TEMPLATE("nothing happens between suspend and resume, and nothing is lost", Handler,
                     counter, counting_coroutine) {
    scripted_server server{echo_script()};
    asio::thread_pool pool(2);
    constexpr int rounds = 50;
    constexpr int casts_per_round = 20;
    {
      wsx::client<Handler> client(pool.get_executor());
      client.connect(server.url(), asio::use_future).get();
      std::thread caster([&] {
        for (int i = 0; i < rounds * casts_per_round; ++i) {
          while (!client.cast(1)) std::this_thread::yield();
        }
      });
      const auto sum = [](Handler& h) { return h.frames + h.casts; };
      for (int i = 0; i < rounds; ++i) {
        client.suspend(asio::use_future).get();
        const int before = client.with_handler(sum, asio::use_future).get();
        client.try_send(wsx::text{"echo"});
        client.flush(asio::use_future).get();
        CHECK(client.with_handler(sum, asio::use_future).get() == before);
        CHECK(client.status(asio::use_future).get().suspended);
        client.resume(asio::use_future).get();
      }
      caster.join();
      const int expected = rounds * casts_per_round * 2 + rounds;
      for (;;) {
        const int seen = client.with_handler(sum, asio::use_future).get();
        REQUIRE(seen <= expected);
        if (seen == expected) break;
        std::this_thread::yield();
      }
      client.close(asio::use_future).get();
    }
    pool.join();
  }
}
