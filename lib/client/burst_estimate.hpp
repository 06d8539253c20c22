#pragma once

#include <cstdint>

namespace wsx::detail {

// Estimates whether producers are likely to send many frames in a row. It then pays to make
// notifying cheap and arming the notifier expensive: see `cross_thread_notifier::suspend_many`. The
// estimate is based on the number of frames taken between the times when there was nothing to
// write.
class burst_estimate {
 public:
  // `frames` is the number of frames ever taken.
  bool expected(std::uint64_t frames) const noexcept { return bursting(frames) || expected_ > 0; }

  // There is nothing to write.
  void idle(std::uint64_t frames) noexcept {
    if (bursting(frames)) {
      expected_ = memory;
    } else if (expected_ > 0 && frames != when_idle_) {
      --expected_;
    }
    when_idle_ = frames;
  }

 private:
  // From this many frames on, a system call costs little compared to them.
  static constexpr std::uint64_t burst = 256;

  // How often another burst is expected after one. A strand that is woken by the first frame of a
  // burst may be too fast to see the others.
  static constexpr std::uint8_t memory = 255;

  bool bursting(std::uint64_t frames) const noexcept { return frames - when_idle_ >= burst; }

  std::uint64_t when_idle_ = 0;
  std::uint8_t expected_ = 0;  // remaining times
};

}  // namespace wsx::detail
