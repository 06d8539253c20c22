#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

namespace wsx::detail {

// Counts the restarts within a period. supervisor.erl, "add_restart".
class restart_intensity {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::steady_clock::duration;

  restart_intensity(std::uint32_t most, duration period) noexcept : most_(most), period_(period) {}

  // Counts a restart now. Returns whether the number is within the limit. A restart that is exactly
  // one period old still counts.
  bool add(time_point now) {
    while (!restarts_.empty() && now - restarts_.front() > period_) restarts_.pop_front();
    restarts_.push_back(now);
    return restarts_.size() <= most_;
  }

 private:
  std::uint32_t most_;
  duration period_;
  std::deque<time_point> restarts_{};
};

}  // namespace wsx::detail
