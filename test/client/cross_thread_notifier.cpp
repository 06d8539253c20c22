#include "../../lib/client/cross_thread_notifier.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>

namespace {

using wsx::detail::cross_thread_notifier;
using wsx::detail::strand_listener;

// Arms again after each notification, as long as it is told to.
struct listener final : strand_listener, std::enable_shared_from_this<listener> {
  explicit listener(asio::io_context& io) : on(wsx::as_strand(io.get_executor())) {}

  const wsx::strand& serial() const noexcept override { return on; }
  void on_ready(wsx::io_direction, std::uint32_t, std::error_code) override {}
  void on_time() override {}
  void on_work() override {}

  void on_notified() override {
    ++heard;
    if (again) arm();
    if (after) after();
  }
  bool arm() { return notifier.arm(shared_from_this(), many); }

  wsx::strand on;
  cross_thread_notifier notifier{on};
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
    inside->notifier.disarm();
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

TEST_SUITE("client/cross_thread_notifier") {
  TEST_CASE("a burst arrives once, not within the notification") {
    house h;
    CHECK(h.inside->arm());
    CHECK(h.heard() == 0);
    h.inside->notifier.notify();
    h.inside->notifier.notify();
    CHECK(h.inside->heard == 0);
    CHECK(h.heard() == 1);
    h.inside->notifier.notify();
    CHECK(h.heard() == 2);
  }

  TEST_CASE("not armed: nothing arrives, nor is kept") {
    house h;
    h.inside->notifier.notify();
    CHECK(h.heard() == 0);
    CHECK(h.inside->arm());
    CHECK(h.heard() == 0);
  }

  TEST_CASE("a busy strand is not called") {
    house h;
    CHECK(h.inside->arm());
    h.inside->notifier.suspend();
    h.inside->notifier.notify();
    CHECK(h.heard() == 0);
    CHECK(h.inside->arm());
    h.inside->notifier.notify();
    CHECK(h.heard() == 1);
  }

  TEST_CASE("busy with much, it is not called until it arms again") {
    house h;
    CHECK(h.inside->arm());
    h.inside->notifier.suspend();
    h.inside->notifier.suspend_many();
    h.inside->notifier.notify();
    CHECK(h.heard() == 0);
    CHECK(h.inside->arm());
    h.inside->notifier.notify();
    CHECK(h.heard() == 1);
  }

  TEST_CASE("armed already, it can't be busy with much") {
    house h;
    CHECK(h.inside->arm());
    h.inside->notifier.suspend_many();
    h.inside->notifier.notify();
    CHECK(h.heard() == 1);
  }

  TEST_CASE("where much is expected, a notification arrives as any other") {
    house h;
    h.inside->many = true;
    CHECK(h.inside->arm());
    for (int burst = 1; burst < 4; ++burst) {
      h.inside->notifier.notify();
      h.inside->notifier.notify();
      CHECK(h.heard() == burst);
    }
  }

  TEST_CASE("a notification that is on its way is not overtaken") {
    house h;
    CHECK(h.inside->arm());
    h.inside->notifier.notify();
    h.inside->notifier.suspend();
    CHECK_FALSE(h.inside->arm());
    CHECK(h.heard() == 1);
    CHECK(h.inside->arm());
  }

  TEST_CASE("closed, it keeps nobody; arming anew works at once") {
    house h;
    h.inside->again = false;
    CHECK(h.inside->arm());
    h.inside->notifier.notify();
    CHECK(h.heard() == 1);
    CHECK(h.inside->arm());
    CHECK(h.inside.use_count() == 2);
    h.inside->notifier.disarm();
    CHECK_FALSE(h.inside->arm());  // what closed it is still on its way
    CHECK(h.heard() == 2);
    CHECK(h.inside.use_count() == 1);
    CHECK(h.inside->arm());
    h.inside->notifier.notify();
    CHECK(h.heard() == 3);
  }

  TEST_CASE("before the first notification it keeps nobody at all, and closing calls nobody") {
    house h;
    h.inside->again = false;
    CHECK(h.inside->arm());
    CHECK(h.inside.use_count() == 1);
    h.inside->notifier.disarm();
    CHECK(h.heard() == 0);
    CHECK(h.inside->arm());
    h.inside->notifier.notify();
    CHECK(h.inside.use_count() == 2);
    CHECK(h.heard() == 1);
    CHECK(h.inside.use_count() == 1);
  }

  TEST_CASE("from another thread: no notification is lost") {
    std::atomic<int> told{0};  // before what refers to them
    std::atomic<int> seen{0};
    house h;
    SUBCASE("as they come") {}
    SUBCASE("where much is expected") {
      h.inside->many = true;
    }
    h.inside->after = [&] { seen = told.load(std::memory_order_relaxed); };
    CHECK(h.inside->arm());
    auto work = asio::make_work_guard(h.io);
    std::thread runners[2] = {std::thread([&] { h.io.run(); }), std::thread([&] { h.io.run(); })};

    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    constexpr int all = 20'000;
    for (int n = 1; n <= all; ++n) {
      told.store(n, std::memory_order_relaxed);  // orders nothing: that is the notifier's
      h.inside->notifier.notify();
      if (n % 2 != 0) continue;  // the next may find the strand about to arm again
      while (seen < n && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
      if (seen < n) break;
    }
    CHECK(seen == all);
    h.io.stop();
    for (auto& runner : runners) runner.join();
  }
}
