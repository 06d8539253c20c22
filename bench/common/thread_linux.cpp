#include "thread.hpp"

#include <ctime>
#include <pthread.h>
#include <sched.h>

namespace bench {

bool pin_this_thread(unsigned core) noexcept {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  return pthread_setaffinity_np(pthread_self(), sizeof(cores), &cores) == 0;
}

std::chrono::nanoseconds thread_cpu_time() noexcept {
  timespec used{};
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) != 0) return {};
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace bench
