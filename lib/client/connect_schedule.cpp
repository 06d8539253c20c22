#include "connect_schedule.hpp"

#include <algorithm>

namespace wsx::detail {

namespace {

using duration = connect_schedule::duration;

// Longer ones make no difference, and would overflow.
constexpr double longest_interval = 365.0 * 24 * 3600;

duration interval_of(double per_second) {
  if (per_second <= 0) return duration::zero();
  const std::chrono::duration<double> interval(std::min(1 / per_second, longest_interval));
  return std::chrono::ceil<duration>(interval);
}

}  // namespace

connect_schedule::connect_schedule(const connect_budget_options& limits)
    : interval_(interval_of(limits.per_second)),
      host_interval_(interval_of(limits.per_host_per_second)),
      limit_(limits.in_flight) {}

connect_schedule::ticket connect_schedule::add(const std::string& host, time_point now) {
  if (hosts_.size() >= forget_at_) forget_idle_hosts(now);
  line& l = hosts_[host];
  const ticket number = last_ + 1;
  waiting_.emplace(number, &l);
  take_out(l);
  l.waiting.insert(number);
  place(l);
  last_ = number;
  return number;
}

void connect_schedule::remove(ticket waiting) {
  const auto found = waiting_.find(waiting);
  line& l = *found->second;
  waiting_.erase(found);
  take_out(l);
  l.waiting.erase(waiting);
  place(l);
}

std::optional<connect_schedule::ticket> connect_schedule::begin_next(time_point now) {
  while (!resting_.empty() && resting_.begin()->first <= now) {
    line& l = *resting_.begin()->second;
    resting_.erase(resting_.begin());
    ready_.emplace(*l.waiting.begin(), &l);
  }
  if (ready_.empty() || next_ > now || full()) return std::nullopt;
  const auto [number, l] = *ready_.begin();
  remove(number);
  take_out(*l);
  l->next = now + host_interval_;
  place(*l);
  next_ = now + interval_;
  ++in_flight_;
  return number;
}

connect_schedule::time_point connect_schedule::due() const noexcept {
  if (waiting_.empty() || full()) return time_point::max();
  return ready_.empty() ? std::max(next_, resting_.begin()->first) : next_;
}

connect_schedule::ticket connect_schedule::first() const noexcept {
  return ready_.empty() ? *resting_.begin()->second->waiting.begin() : ready_.begin()->first;
}

// Whether a host that rests may go on is known by the next look at the clock.
void connect_schedule::place(line& l) {
  if (!l.waiting.empty()) resting_.emplace(l.next, &l);
}

void connect_schedule::take_out(line& l) {
  if (l.waiting.empty()) return;
  ready_.erase({*l.waiting.begin(), &l});
  resting_.erase({l.next, &l});
}

void connect_schedule::forget_idle_hosts(time_point now) {
  std::erase_if(hosts_, [now](const auto& each) {
    return each.second.waiting.empty() && each.second.next <= now;
  });
  forget_at_ = std::max<std::size_t>(64, hosts_.size() * 2);
}

}  // namespace wsx::detail
