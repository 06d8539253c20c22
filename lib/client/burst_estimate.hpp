#pragma once

#include <cstdint>

namespace wsx::detail {

// Whether producers are likely to send so much in a row that it pays to make notifying cheap and
// arming the notifier expensive: see `cross_thread_notifier::suspend_many`. It goes by the number
// of frames that had been taken when there was last nothing to write.
class burst_estimate {
 public:
  // `frames`: how many have ever been taken.
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
  // From so many frames on, a system call is nothing to what else they cost.
  static constexpr std::uint64_t burst = 256;

  // So often another burst is expected after one: a strand that is woken by a burst's first frame
  // may be too quick to see the others.
  static constexpr std::uint8_t memory = 255;

  bool bursting(std::uint64_t frames) const noexcept { return frames - when_idle_ >= burst; }

  std::uint64_t when_idle_ = 0;
  std::uint8_t expected_ = 0;  // so often still
};

}  // namespace wsx::detail
