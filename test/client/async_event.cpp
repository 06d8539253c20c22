#include "../../lib/client/async_event.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <memory>

namespace {

using wsx::detail::async_event;

asio::awaitable<void> wait_often(async_event* event, int* times, std::shared_ptr<int> guard) {
  const auto kept = std::move(guard);
  for (;;) {
    if (!event->take_notification()) co_await event->wait();
    ++*times;
  }
}

struct waiter {
  waiter() {
    asio::co_spawn(io, wait_often(&event, &times, std::move(guard)), asio::detached);
    io.poll();
  }
  ~waiter() { event.drop(); }

  asio::io_context io;
  async_event event;
  int times = 0;
  std::shared_ptr<int> guard = std::make_shared<int>();
  std::weak_ptr<int> alive = guard;
};

}  // namespace

TEST_SUITE("client/async_event") {
  TEST_CASE("resumes the waiter within notify") {
    waiter s;
    CHECK(s.times == 0);
    s.event.notify();
    CHECK(s.times == 1);
    s.event.notify();
    CHECK(s.times == 2);
  }

  TEST_CASE("news that come while nobody sleeps are not lost, and count once") {
    asio::io_context io;
    async_event event;
    int times = 0;
    event.notify();
    event.notify();
    asio::co_spawn(io, wait_often(&event, &times, nullptr), asio::detached);
    io.poll();
    CHECK(times == 1);
    event.drop();
  }

  TEST_CASE("drop destroys the waiter") {
    waiter s;
    CHECK(!s.alive.expired());
    s.event.drop();
    s.io.poll();
    CHECK(s.alive.expired());
    CHECK(s.times == 0);
  }

  TEST_CASE("release gives the memory back, and no news are lost by it") {
    asio::io_context io;
    async_event event;
    event.release();
    event.notify();
    event.release();
    CHECK(event.take_notification());
    int times = 0;
    asio::co_spawn(io, wait_often(&event, &times, nullptr), asio::detached);
    io.poll();
    event.notify();
    CHECK(times == 1);
    event.drop();
    event.release();
    event.notify();
    CHECK(times == 1);
  }
}
