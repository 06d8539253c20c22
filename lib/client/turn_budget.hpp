#pragma once

#include <chrono>
#include <cstdint>

namespace wsx::detail {

// How much a client does before others have their turn: as much as it can within `max_turn`. It
// looks at the clock after every 32 callbacks at most, and after fewer where they take long. Other
// work is delayed by at most one turn and the callbacks between two looks at the clock.
class turn_budget {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::steady_clock::duration;

  // Something is done at `now`: a turn begins with it, unless one is under way.
  void begin(time_point now, duration max_turn) noexcept {
    if (end_ != none) return;
    end_ = now + max_turn;
    looked_ = now;
  }

  // How many callbacks until the next look.
  std::uint32_t callbacks() const noexcept { return callbacks_; }

  // A look at the clock, after so many: whether the turn is over.
  bool look(time_point now, duration max_turn) noexcept {
    const duration took = now - looked_;
    looked_ = now;
    if (took * 4 > max_turn) callbacks_ = callbacks_ > 4 ? callbacks_ / 4 : 1;
    if (took * 16 < max_turn && callbacks_ < most_callbacks) callbacks_ *= 2;
    return over(now);
  }

  bool over(time_point now) const noexcept { return end_ != none && now >= end_; }
  void end() noexcept { end_ = none; }

 private:
  static constexpr time_point none{};
  static constexpr std::uint32_t most_callbacks = 32;

  time_point end_ = none;
  time_point looked_ = none;
  std::uint32_t callbacks_ = 1;
};

}  // namespace wsx::detail
