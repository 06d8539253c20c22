#pragma once

#include "flight.hpp"

#include <chrono>

namespace bench {

/// A timer of 1 ms, again and again, of which it notes how late each is: what else runs on the
/// thread holds it up. `Timer` is Asio's steady_timer, that of Boost or the standalone one.
template <class Timer>
class ticker {
 public:
  /// Latenesses go to the end of `late`. The timer stops when the ticker is destroyed.
  template <class Executor>
  ticker(const Executor& executor, round_trips& late) : timer_(executor), late_(&late) {
    wait();
  }

 private:
  void wait() {
    timer_.expires_after(std::chrono::milliseconds(1));
    timer_.async_wait([this](auto error) {
      if (error) return;
      const std::chrono::nanoseconds late = Timer::clock_type::now() - timer_.expiry();
      late_->push_back(static_cast<std::uint32_t>(late.count()));
      wait();
    });
  }

  Timer timer_;
  round_trips* late_;
};

/// Takes the time of the processor, as a callback that has something to do.
inline void work_for(std::chrono::microseconds time) {
  using clock = std::chrono::steady_clock;
  if (time.count() == 0) return;
  for (const auto end = clock::now() + time; clock::now() < end;) continue;
}

}  // namespace bench
