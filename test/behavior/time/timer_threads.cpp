#include "../support.hpp"

#include <wsx/testing/echo_server.hpp>
#include <wsx/testing/scripted_server.hpp>

#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>

#include <algorithm>
#include <future>
#include <numeric>
#include <thread>
#include <vector>

// Timers of a client whose executor has several threads.

namespace {

using namespace behavior_test;
using namespace wsx::testing;
using std::chrono::microseconds;

constexpr int posters = 3;
constexpr int each = 300;
constexpr int canceled = -1;

struct listener {
  std::vector<int>* seen;
  std::promise<void>* all;

  void handle_frame(wsx::text) {}
  void handle_info(int number) {
    if (number == canceled) return;  // too late
    seen->push_back(number);
    if (seen->size() == posters * each) all->set_value();
  }
};

}  // namespace

TEST_SUITE("behavior/time/timer_threads") {
  TEST_CASE("set by several threads and due on others, each is delivered once") {
    scripted_server server{echo_script()};
    std::vector<int> seen;
    std::promise<void> all;
    asio::thread_pool pool(3);
    {
      wsx::client<listener> client(pool.get_executor(), listener{&seen, &all});
      client.connect(server.url(), asio::use_future).get();
      std::vector<std::thread> threads;
      for (int first = 0; first < posters; ++first) {
        threads.emplace_back([&client, first] {
          for (int i = 0; i < each; ++i) {
            client.post_after(microseconds(i % 7 * 100), first * each + i);
            client.post_after(microseconds(50), canceled).cancel();
          }
        });
      }
      for (auto& t : threads) t.join();
      all.get_future().wait();
      client.close(asio::use_future).get();
    }
    pool.join();
    std::ranges::sort(seen);
    std::vector<int> expected(posters * each);
    std::iota(expected.begin(), expected.end(), 0);
    CHECK(seen == expected);
  }
}
