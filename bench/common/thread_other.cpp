#include "thread.hpp"

namespace bench {

bool pin_this_thread(unsigned) noexcept {
  return false;
}

std::chrono::nanoseconds thread_cpu_time() noexcept {
  return {};
}

}  // namespace bench
