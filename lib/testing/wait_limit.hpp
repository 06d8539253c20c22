#pragma once

#include <chrono>
#include <string_view>

namespace wsx::testing {

/// How long one call of a script may wait, and for what. The deadline is absolute, so bytes that
/// trickle in do not extend it.
struct wait_limit {
  wait_limit(std::chrono::milliseconds duration, std::string_view awaited_thing)
      : timeout(duration),
        deadline(std::chrono::steady_clock::now() + duration),
        awaited(awaited_thing) {}

  std::chrono::milliseconds timeout;
  std::chrono::steady_clock::time_point deadline;
  std::string_view awaited;
};

}  // namespace wsx::testing
