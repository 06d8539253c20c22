#include <wsx/detail/wakeup.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <memory>

namespace {

using wsx::detail::wakeup;

asio::awaitable<void> sleep_often(wakeup* bell, int* times, std::shared_ptr<int> guard) {
  const auto kept = std::move(guard);
  for (;;) {
    if (!bell->notified()) co_await bell->sleep();
    ++*times;
  }
}

struct sleeper {
  sleeper() {
    asio::co_spawn(io, sleep_often(&bell, &times, std::move(guard)), asio::detached);
    io.poll();
  }
  ~sleeper() { bell.drop(); }

  asio::io_context io;
  wakeup bell;
  int times = 0;
  std::shared_ptr<int> guard = std::make_shared<int>();
  std::weak_ptr<int> alive = guard;
};

}  // namespace

TEST_SUITE("wakeup") {
  TEST_CASE("resumes the sleeper within notify") {
    sleeper s;
    CHECK(s.times == 0);
    s.bell.notify();
    CHECK(s.times == 1);
    s.bell.notify();
    CHECK(s.times == 2);
  }

  TEST_CASE("news that come while nobody sleeps are not lost, and count once") {
    asio::io_context io;
    wakeup bell;
    int times = 0;
    bell.notify();
    bell.notify();
    asio::co_spawn(io, sleep_often(&bell, &times, nullptr), asio::detached);
    io.poll();
    CHECK(times == 1);
    bell.drop();
  }

  TEST_CASE("drop destroys the sleeper") {
    sleeper s;
    CHECK(!s.alive.expired());
    s.bell.drop();
    s.io.poll();
    CHECK(s.alive.expired());
    CHECK(s.times == 0);
  }

  TEST_CASE("release gives the memory back, and no news are lost by it") {
    asio::io_context io;
    wakeup bell;
    bell.release();
    bell.notify();
    bell.release();
    CHECK(bell.notified());
    int times = 0;
    asio::co_spawn(io, sleep_often(&bell, &times, nullptr), asio::detached);
    io.poll();
    bell.notify();
    CHECK(times == 1);
    bell.drop();
    bell.release();
    bell.notify();
    CHECK(times == 1);
  }
}
