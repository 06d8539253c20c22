#include "../../lib/client/waiting_list.hpp"

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <new>
#include <vector>

namespace {

using wsx::detail::completion;
using wsx::detail::waiting_list;

struct waiters {
  asio::io_context io;
  waiting_list<int> list;
  std::vector<int> told;

  void add(wsx::detail::ticket t, std::shared_ptr<int> guard = nullptr) {
    list.add(t, completion<int>([this, guard](int value) { told.push_back(value); },
                                wsx::strand(io.get_executor())));
  }
  void poll() {
    io.restart();
    io.poll();
  }
};

// Runs out of memory when it is copied.
struct fragile {
  fragile() = default;
  fragile(const fragile&) {
    if (copies_left-- == 0) throw std::bad_alloc();
  }
  fragile(fragile&&) noexcept = default;

  static inline int copies_left = 0;
};

}  // namespace

TEST_SUITE("client/waiting_list") {
  TEST_CASE("without memory to complete one it goes on waiting, and so do those behind it") {
    asio::io_context io;
    waiting_list<fragile> list;
    int told = 0;
    for (wsx::detail::ticket t = 1; t <= 3; ++t)
      list.add(
          t, completion<fragile>([&](const fragile&) { ++told; }, wsx::strand(io.get_executor())));
    fragile::copies_left = 1;
    CHECK_THROWS_AS(list.complete_all(fragile()), std::bad_alloc);
    io.poll();
    CHECK(told == 1);
    CHECK(list.has(2));
    CHECK(list.has(3));
    fragile::copies_left = 100;
    list.complete_all(fragile());
    io.restart();
    io.poll();
    CHECK(told == 3);
  }

  TEST_CASE("knows who waits") {
    waiters w;
    CHECK(w.list.empty());
    CHECK(!w.list.has(1));
    w.add(1);
    w.add(2);
    CHECK(!w.list.empty());
    CHECK(w.list.has(1));
    CHECK(w.list.has(2));
    CHECK(!w.list.has(3));
    w.list.complete(1, 10);
    CHECK(!w.list.has(1));
    w.list.complete(2, 20);
    CHECK(w.list.empty());
  }

  TEST_CASE("completes the one with the ticket, never within the call") {
    waiters w;
    w.add(1);
    w.add(2);
    w.list.complete(2, 20);
    CHECK(w.told.empty());
    w.poll();
    CHECK(w.told == std::vector{20});
    w.list.complete(2, 21);
    w.list.complete(3, 30);
    w.poll();
    CHECK(w.told == std::vector{20});
  }

  TEST_CASE("completes all, in order") {
    waiters w;
    w.add(1);
    w.add(2);
    w.list.complete_all(7);
    w.list.complete_all(8);
    w.poll();
    CHECK(w.told == std::vector{7, 7});
  }

  TEST_CASE("drops without completing") {
    waiters w;
    auto guard = std::make_shared<int>();
    const std::weak_ptr<int> alive = guard;
    w.add(1, std::move(guard));
    w.list.drop();
    CHECK(alive.expired());
    w.poll();
    CHECK(w.told.empty());
  }

  TEST_CASE("waiting keeps the executor at work") {
    waiters w;
    w.add(1);
    w.io.poll();
    CHECK(!w.io.stopped());
    w.list.complete(1, 1);
    w.poll();
    CHECK(w.io.stopped());
  }
}
