#include "fork_count.hpp"

#include <atomic>

#if __has_include(<pthread.h>)
#include <pthread.h>
#endif

namespace wsx {

namespace {

std::atomic<unsigned> forks{0};

bool begin_to_count() noexcept {
#if __has_include(<pthread.h>)
  return pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); }) ==
         0;
#else
  return false;  // nothing forks here
#endif
}

}  // namespace

unsigned fork_count() noexcept {
  [[maybe_unused]] static const bool counts = begin_to_count();
  return forks.load(std::memory_order_relaxed);
}

}  // namespace wsx
