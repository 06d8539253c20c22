#include "../../lib/client/mailbox.hpp"

#include <asio/awaitable.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace {

using wsx::detail::mail;
using wsx::detail::mailbox;

struct letter final : mail {
  explicit letter(int n, int* count = nullptr, bool any = false) : number(n), alive(count) {
    if (alive != nullptr) ++*alive;
    any_phase = any;
  }
  ~letter() override {
    if (alive != nullptr) --*alive;
  }
  bool is_async() const noexcept override { return false; }
  void deliver(wsx::detail::callback_context&) override {}
  asio::awaitable<void> deliver_async(wsx::detail::callback_context&) override { return {}; }

  int number;
  int* alive;
};

int number_of(const std::unique_ptr<mail>& m) {
  return m ? static_cast<const letter&>(*m).number : -1;
}

}  // namespace

TEST_SUITE("client/mailbox") {
  TEST_CASE("first in, first out, however pushes and pops mix") {
    mailbox box(10);
    CHECK(!box.pop());
    for (int i = 0; i < 3; ++i) CHECK(box.push(std::make_unique<letter>(i)));
    CHECK(number_of(box.pop()) == 0);
    for (int i = 3; i < 5; ++i) CHECK(box.push(std::make_unique<letter>(i)));
    CHECK(box.size() == 4);
    for (int i = 1; i < 5; ++i) CHECK(number_of(box.pop()) == i);
    CHECK(!box.pop());
    CHECK(box.size() == 0);
  }

  TEST_CASE("front shows what pop takes") {
    mailbox box(10);
    CHECK(box.front() == nullptr);
    for (int i = 0; i < 2; ++i) CHECK(box.push(std::make_unique<letter>(i)));
    const mail* const oldest = box.front();
    CHECK(box.front() == oldest);
    CHECK(box.pop().get() == oldest);
    CHECK(box.front() != nullptr);
    CHECK(number_of(box.pop()) == 1);
    CHECK(box.front() == nullptr);
  }

  TEST_CASE("holds no more than its limit") {
    int alive = 0;
    mailbox box(2);
    CHECK(box.push(std::make_unique<letter>(0, &alive)));
    CHECK(box.push(std::make_unique<letter>(1, &alive)));
    CHECK(!box.push(std::make_unique<letter>(2, &alive)));
    CHECK(alive == 2);
    box.pop();
    CHECK(box.push(std::make_unique<letter>(3, &alive)));
    CHECK(number_of(box.pop()) == 1);
    CHECK(number_of(box.pop()) == 3);
  }

  TEST_CASE("closed, it destroys what waits and takes nothing") {
    int alive = 0;
    mailbox box(5);
    box.push(std::make_unique<letter>(0, &alive));
    box.push(std::make_unique<letter>(1, &alive));
    box.pop();
    box.push(std::make_unique<letter>(2, &alive));
    box.close();
    CHECK(alive == 0);
    CHECK(!box.push(std::make_unique<letter>(3, &alive)));
    CHECK(alive == 0);
  }

  TEST_CASE("destroyed, it destroys what waits") {
    int alive = 0;
    {
      mailbox box(5);
      box.push(std::make_unique<letter>(0, &alive));
      box.push(std::make_unique<letter>(1, &alive));
    }
    CHECK(alive == 0);
  }

  // Against the simplest thing that could do it.
  TEST_CASE("the oldest, and the oldest for any phase, however they are asked for") {
    struct expected {
      int number;
      bool any_phase;
    };
    std::minstd_rand random;
    mailbox box(1000);
    std::deque<expected> model;
    const auto oldest_any = [&] { return std::ranges::find(model, true, &expected::any_phase); };
    int next = 0;
    for (int step = 0; step < 20'000; ++step) {
      switch (random() % 5) {
        case 0:
        case 1: {
          const bool any = random() % 4 == 0;
          if (box.push(std::make_unique<letter>(next, nullptr, any))) model.push_back({next, any});
          ++next;
          break;
        }
        case 2: {
          const int oldest = model.empty() ? -1 : model.front().number;
          REQUIRE(number_of(box.pop()) == oldest);
          if (!model.empty()) model.pop_front();
          break;
        }
        case 3: {
          const auto found = oldest_any();
          REQUIRE(number_of(box.pop_any_phase()) == (found == model.end() ? -1 : found->number));
          if (found != model.end()) model.erase(found);
          break;
        }
        default: {
          const auto found = oldest_any();
          const mail* const front = box.front_any_phase();
          REQUIRE((front != nullptr) == (found != model.end()));
          if (front != nullptr) REQUIRE(static_cast<const letter*>(front)->number == found->number);
          REQUIRE((box.front() != nullptr) == !model.empty());
        }
      }
      REQUIRE(box.size() == model.size());
    }
  }

  // As many as would take for ever if each was looked for behind all the others.
  TEST_CASE("a backlog of many messages for a connection, and many for any phase behind it") {
    constexpr int many = 100'000;
    mailbox box(2 * many);
    for (int i = 0; i < many; ++i) box.push(std::make_unique<letter>(i));
    bool in_order = true;
    for (int i = 0; i < many; ++i) {
      box.push(std::make_unique<letter>(i, nullptr, true));
      in_order = in_order && number_of(box.pop_any_phase()) == i;
    }
    CHECK(in_order);
    for (int i = 0; i < many; ++i) in_order = in_order && number_of(box.pop()) == i;
    CHECK(in_order);
    CHECK(!box.pop());
  }

  TEST_CASE("many threads: each one's messages come in its order, none is lost") {
    constexpr int threads = 3;
    constexpr int each = 20'000;
    mailbox box(1000);
    std::vector<std::thread> producers;
    for (int t = 0; t < threads; ++t) {
      producers.emplace_back([&box, t] {
        for (int i = 0; i < each; ++i) {
          while (!box.push(std::make_unique<letter>(t * each + i))) std::this_thread::yield();
        }
      });
    }
    std::vector<int> next(threads, 0);
    bool in_order = true;
    for (int taken = 0; taken < threads * each;) {
      const auto m = box.pop();
      if (!m) {
        std::this_thread::yield();
        continue;
      }
      ++taken;
      const int from = number_of(m) / each;
      in_order = in_order && number_of(m) % each == next[static_cast<std::size_t>(from)]++;
    }
    for (auto& p : producers) p.join();
    CHECK(in_order);
    CHECK(!box.pop());
  }
}
