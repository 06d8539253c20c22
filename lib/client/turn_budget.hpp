#pragma once

#include <chrono>
#include <cstdint>

namespace wsx::detail {

// Limits what a client does before other handlers get their turn: as much as it can within
// `max_turn`. The clock is read after at most 32 callbacks, and after fewer if they take long.
// Other work is delayed by at most one turn and the callbacks between two reads of the clock.
class turn_budget {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::steady_clock::duration;

  // Something is done at `now`: a turn begins, unless one is in progress.
  void begin(time_point now, duration max_turn) noexcept {
    if (end_ != none) return;
    end_ = now + max_turn;
    looked_ = now;
  }

  // Returns how many callbacks may run until the next look at the clock.
  std::uint32_t callbacks() const noexcept { return callbacks_; }

  // Looks at the clock after that many, and returns whether the turn is over.
  bool look(time_point now, duration max_turn) noexcept {
    const duration took = now - looked_;
    looked_ = now;
    if (took * 4 > max_turn) callbacks_ = callbacks_ > 4 ? callbacks_ / 4 : 1;
    if (took * 16 < max_turn && callbacks_ < most_callbacks) callbacks_ *= 2;
    return over(now);
  }

  bool over(time_point now) const noexcept { return end_ != none && now >= end_; }
  void end() noexcept { end_ = none; }
  // There is no time left in this turn.
  void spend() noexcept { end_ = time_point::min(); }

 private:
  static constexpr time_point none{};
  static constexpr std::uint32_t most_callbacks = 32;

  time_point end_ = none;
  time_point looked_ = none;
  std::uint32_t callbacks_ = 1;
};

}  // namespace wsx::detail
