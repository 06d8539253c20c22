#include "attempt_schedule.hpp"

#include <algorithm>

namespace wsx {

attempt_schedule::attempt_schedule(std::size_t addresses, duration limit)
    : addresses_(addresses), limit_(limit) {}

std::optional<std::size_t> attempt_schedule::expire(time_point now) {
  const auto late = std::ranges::find_if(
      started_, [now](const attempt& each) { return each.running && each.limit <= now; });
  if (late == started_.end()) return std::nullopt;
  const auto address = static_cast<std::size_t>(late - started_.begin());
  failed(address);
  return address;
}

std::optional<std::size_t> attempt_schedule::start(time_point now) {
  if (started_.size() == addresses_ || now < next_) return std::nullopt;
  const bool limited = limit_ > duration::zero() && limit_ < time_point::max() - now;
  started_.push_back({limited ? now + limit_ : time_point::max()});
  ++running_;
  next_ = now + attempt_delay;
  return started_.size() - 1;
}

void attempt_schedule::failed(std::size_t address) {
  attempt& ended = started_[address];
  if (!ended.running) return;
  ended.running = false;
  --running_;
  if (address + 1 == started_.size()) next_ = time_point::min();
}

attempt_schedule::time_point attempt_schedule::due() const {
  time_point when = started_.size() < addresses_ ? next_ : time_point::max();
  for (const attempt& each : started_) {
    if (each.running) when = std::min(when, each.limit);
  }
  return when;
}

}  // namespace wsx
