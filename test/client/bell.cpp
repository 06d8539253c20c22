#include <wsx/detail/bell.hpp>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>

namespace {

using wsx::detail::bell;
using wsx::detail::bell_listener;

// Listens again after each ring, as long as it is told to.
struct listener final : bell_listener, std::enable_shared_from_this<listener> {
  explicit listener(asio::io_context& io) : serial(wsx::as_strand(io.get_executor())) {}

  void on_ring() override {
    ++heard;
    if (again) listen();
    if (after) after();
  }
  bool listen() { return rings.listen(shared_from_this(), many); }

  wsx::strand serial;
  bell rings{serial};
  int heard = 0;
  bool again = true;
  bool many = false;
  std::function<void()> after{};
};

struct house {
  asio::io_context io;
  std::shared_ptr<listener> inside = std::make_shared<listener>(io);

  ~house() {
    inside->again = false;
    inside->rings.hang_up();
    poll();
  }
  int heard() {
    poll();
    return inside->heard;
  }
  void poll() {
    io.restart();
    io.poll();
  }
};

}  // namespace

TEST_SUITE("bell") {
  TEST_CASE("a ring is heard once, not within itself") {
    house h;
    CHECK(h.inside->listen());
    CHECK(h.heard() == 0);
    h.inside->rings.ring();
    h.inside->rings.ring();
    CHECK(h.inside->heard == 0);
    CHECK(h.heard() == 1);
    h.inside->rings.ring();
    CHECK(h.heard() == 2);
  }

  TEST_CASE("nobody listens: nothing is heard, nor kept") {
    house h;
    h.inside->rings.ring();
    CHECK(h.heard() == 0);
    CHECK(h.inside->listen());
    CHECK(h.heard() == 0);
  }

  TEST_CASE("a busy strand is not called") {
    house h;
    CHECK(h.inside->listen());
    h.inside->rings.ignore();
    h.inside->rings.ring();
    CHECK(h.heard() == 0);
    CHECK(h.inside->listen());
    h.inside->rings.ring();
    CHECK(h.heard() == 1);
  }

  TEST_CASE("busy with much, it is not called until it listens again") {
    house h;
    CHECK(h.inside->listen());
    h.inside->rings.ignore();
    h.inside->rings.ignore_many();
    h.inside->rings.ring();
    CHECK(h.heard() == 0);
    CHECK(h.inside->listen());
    h.inside->rings.ring();
    CHECK(h.heard() == 1);
  }

  TEST_CASE("listening already, it can't be busy with much") {
    house h;
    CHECK(h.inside->listen());
    h.inside->rings.ignore_many();
    h.inside->rings.ring();
    CHECK(h.heard() == 1);
  }

  TEST_CASE("where much is expected, a ring is heard as any other") {
    house h;
    h.inside->many = true;
    CHECK(h.inside->listen());
    for (int rings = 1; rings < 4; ++rings) {
      h.inside->rings.ring();
      h.inside->rings.ring();
      CHECK(h.heard() == rings);
    }
  }

  TEST_CASE("a ring that is on its way is not overtaken") {
    house h;
    CHECK(h.inside->listen());
    h.inside->rings.ring();
    h.inside->rings.ignore();
    CHECK_FALSE(h.inside->listen());
    CHECK(h.heard() == 1);
    CHECK(h.inside->listen());
  }

  TEST_CASE("hung up, it keeps nobody; listening anew works at once") {
    house h;
    h.inside->again = false;
    CHECK(h.inside->listen());
    h.inside->rings.ring();
    CHECK(h.heard() == 1);
    CHECK(h.inside->listen());
    CHECK(h.inside.use_count() == 2);
    h.inside->rings.hang_up();
    CHECK_FALSE(h.inside->listen());  // what hung up is still to be heard
    CHECK(h.heard() == 2);
    CHECK(h.inside.use_count() == 1);
    CHECK(h.inside->listen());
    h.inside->rings.ring();
    CHECK(h.heard() == 3);
  }

  TEST_CASE("before the first ring it keeps nobody at all, and hanging up is not heard") {
    house h;
    h.inside->again = false;
    CHECK(h.inside->listen());
    CHECK(h.inside.use_count() == 1);
    h.inside->rings.hang_up();
    CHECK(h.heard() == 0);
    CHECK(h.inside->listen());
    h.inside->rings.ring();
    CHECK(h.inside.use_count() == 2);
    CHECK(h.heard() == 1);
    CHECK(h.inside.use_count() == 1);
  }

  TEST_CASE("from another thread: no ring is lost") {
    std::atomic<int> told{0};  // before what refers to them
    std::atomic<int> seen{0};
    house h;
    SUBCASE("as they come") {}
    SUBCASE("where much is expected") {
      h.inside->many = true;
    }
    h.inside->after = [&] { seen = told.load(std::memory_order_relaxed); };
    CHECK(h.inside->listen());
    auto work = asio::make_work_guard(h.io);
    std::thread runners[2] = {std::thread([&] { h.io.run(); }), std::thread([&] { h.io.run(); })};

    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    constexpr int all = 20'000;
    for (int n = 1; n <= all; ++n) {
      told.store(n, std::memory_order_relaxed);  // orders nothing: that is the bell's
      h.inside->rings.ring();
      if (n % 2 != 0) continue;  // the next may find the strand about to listen again
      while (seen < n && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
      if (seen < n) break;
    }
    CHECK(seen == all);
    h.io.stop();
    for (auto& runner : runners) runner.join();
  }
}
