#include "deadline.hpp"

#include <algorithm>
#include <utility>

namespace wsx::detail {

deadline::time_point deadline::after(duration delay) const noexcept {
  const auto from = now();
  constexpr auto last = never - duration(1);
  return delay > last - from ? last : from + delay;
}

bool deadline::take(of what, time_point now) noexcept {
  if (when(what) == never || now < when(what)) return false;
  lift(what);
  return true;
}

void deadline::wait(const std::shared_ptr<strand_listener>& who, time_point until) {
  waits_ = false;
  timer_.expires_at(until);
  auto passed = [this, who, number = ++number_](std::error_code) {
    if (number != number_) return;  // canceled, or set again
    waits_ = false;
    if (now() < *std::ranges::min_element(times_)) return arm(who);
    who->on_time();  // it owns this
  };
  timer_.async_wait_due(std::move(passed));
  waits_ = true;
}

void deadline::cancel() {
  times_.fill(never);
  if (!std::exchange(waits_, false)) return;
  ++number_;
  timer_.cancel();
}

}  // namespace wsx::detail
