#include "clock.hpp"

#include "../behavior/support.hpp"

#include <asio/steady_timer.hpp>

#include <atomic>
#include <ctime>

namespace {

std::atomic<std::chrono::nanoseconds::rep> skipped{0};

}  // namespace

// Instead of the standard library's: the linker takes the program's own for everything in it, the
// shared libraries included.
std::chrono::steady_clock::time_point std::chrono::steady_clock::now() noexcept {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time_point(std::chrono::seconds(time.tv_sec) +
                    std::chrono::nanoseconds(time.tv_nsec + skipped.load()));
}

namespace client_test {

void let_pass(asio::io_context& io, std::chrono::steady_clock::duration time) {
  poll(io);
  be_late(io, time);
}

void be_late(asio::io_context& io, std::chrono::steady_clock::duration time) {
  skipped += std::chrono::nanoseconds(time).count();
  // Asio looks at the clock when the first of its timers is due by the machine's: this one is.
  asio::steady_timer first(io, std::chrono::steady_clock::time_point());
  first.async_wait([](std::error_code) {});
  poll(io);
}

}  // namespace client_test

TEST_SUITE("the clock of these tests") {
  TEST_CASE("timers are due once their time was let pass, and not before") {
    using std::chrono::hours;
    asio::io_context io;
    asio::steady_timer timer(io, hours(24));
    bool due = false;
    timer.async_wait([&](std::error_code) { due = true; });
    client_test::let_pass(io, hours(23));
    CHECK(!due);
    client_test::let_pass(io, hours(1));
    CHECK(due);
  }
}
