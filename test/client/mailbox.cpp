#include "../../lib/client/mailbox.hpp"

#include <asio/awaitable.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace {

using wsx::detail::mail;
using wsx::detail::mailbox;

struct letter final : mail {
  explicit letter(int n, int* count = nullptr) : number(n), alive(count) {
    if (alive != nullptr) ++*alive;
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

TEST_SUITE("mailbox") {
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
