#include <wsx/fork_count.hpp>

#if __has_include(<pthread.h>)
#include <pthread.h>
#endif

namespace wsx {

namespace detail {
std::size_t fork_steps = 0;
}

namespace {

// The threads that the thread sanitizer remembers as readers of the number don't exist in this
// process.
[[gnu::no_sanitize_thread]] void count() noexcept {
  detail::fork_steps += detail::fork_step;
}

bool begin_to_count() noexcept {
#if __has_include(<pthread.h>)
  return pthread_atfork(nullptr, nullptr, count) == 0;
#else
  return false;  // there is no fork here
#endif
}

[[maybe_unused]] const bool counts = begin_to_count();

}  // namespace

}  // namespace wsx
