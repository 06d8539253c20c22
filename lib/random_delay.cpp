#include "random_delay.hpp"

#include <wsx/fork_count.hpp>

#include <cstddef>
#include <random>

namespace wsx::detail {

namespace {

struct seeded {
  std::mt19937_64 engine{std::random_device{}()};
  std::size_t forks = fork_count();
};

// One per thread. Parent and child process must not draw the same delays, or they would reconnect
// together.
std::mt19937_64& generator() {
  thread_local seeded of_thread;
  if (of_thread.forks != fork_count()) of_thread = seeded();
  return of_thread.engine;
}

}  // namespace

std::chrono::milliseconds random_delay(std::chrono::milliseconds most) {
  std::uniform_int_distribution<std::chrono::milliseconds::rep> draw(0, most.count());
  return std::chrono::milliseconds(draw(generator()));
}

}  // namespace wsx::detail
