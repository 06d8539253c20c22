#include "../../lib/client/asymmetric_fence.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

namespace {

// Two threads wait for each other, again and again.
class meeting {
 public:
  void wait(int times) noexcept {
    arrived_.fetch_add(1);
    for (int tries = 0; arrived_.load() < 2 * times; ++tries) {
      if (tries > 1000) std::this_thread::yield();
    }
  }

 private:
  std::atomic<int> arrived_{0};
};

}  // namespace

TEST_SUITE("client/asymmetric_fence") {
  TEST_CASE("of two who store, then look, one sees the other, though only one passes a fence") {
    if (!wsx::detail::has_asymmetric_fence()) return;
    constexpr int all = 20'000;
    meeting both;
    std::atomic<int> often{0};
    std::atomic<int> seldom{0};
    int seen_by_often = 0;
    int missed = 0;

    std::thread other([&] {
      for (int round = 1; round <= all; ++round) {
        both.wait(3 * round - 2);
        often.store(round, std::memory_order_relaxed);
        std::atomic_signal_fence(std::memory_order_seq_cst);
        seen_by_often = seldom.load(std::memory_order_relaxed);
        both.wait(3 * round - 1);
        both.wait(3 * round);
      }
    });
    for (int round = 1; round <= all; ++round) {
      both.wait(3 * round - 2);
      seldom.store(round, std::memory_order_relaxed);
      const bool fenced = wsx::detail::asymmetric_fence();
      const int seen = often.load(std::memory_order_relaxed);
      both.wait(3 * round - 1);
      if (!fenced || (seen < round && seen_by_often < round)) ++missed;
      both.wait(3 * round);
    }
    other.join();
    CHECK(missed == 0);
  }
}
