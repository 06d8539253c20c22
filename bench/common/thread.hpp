#pragma once

#include <chrono>

// What only the operating system can tell about a thread, or do with it.

namespace bench {

/// Keeps this thread on one core. False where that is not possible.
bool pin_this_thread(unsigned core) noexcept;

/// The CPU time that this thread has used, the kernel's share included; zero on systems where it is
/// not counted.
std::chrono::nanoseconds thread_cpu_time() noexcept;

}  // namespace bench
