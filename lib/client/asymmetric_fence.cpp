#include "asymmetric_fence.hpp"

#include <atomic>

#if __has_include(<linux/membarrier.h>)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace wsx::detail {

namespace {

#if __has_include(<linux/membarrier.h>)

bool call(membarrier_cmd command) noexcept {
  return syscall(SYS_membarrier, command, 0) == 0;
}

bool enroll() noexcept {
  return call(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
}

bool fence() noexcept {
  return call(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

#else

bool enroll() noexcept {
  return false;
}

bool fence() noexcept {
  return false;
}

#endif

// Before there are threads, since the system would have to wait for each of them.
std::atomic<bool> available{enroll()};

}  // namespace

bool has_asymmetric_fence() noexcept {
  return available.load(std::memory_order_relaxed);
}

bool asymmetric_fence() noexcept {
  if (fence()) return true;
  available.store(false, std::memory_order_relaxed);
  return false;
}

}  // namespace wsx::detail
