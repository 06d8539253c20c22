#pragma once

#include <wsx/connect_budget.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace wsx::detail {

// Decides when attempts to connect may begin, by the limits of a `connect_budget`. It knows neither
// threads nor a clock.
class connect_schedule {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::steady_clock::duration;
  using ticket = std::uint64_t;  // in the order of arrival

  explicit connect_schedule(const connect_budget_options& limits);

  // An attempt to connect to `host` waits from now on.
  ticket add(const std::string& host, time_point now);
  // It does not wait any longer.
  void remove(ticket waiting);

  // Returns an attempt that may begin now, and counts it as begun.
  std::optional<ticket> begin_next(time_point now);
  // An attempt that has begun is over.
  void finished() noexcept { --in_flight_; }

  // Returns when the next attempt may begin; the last time point if none waits, or one has to
  // finish before.
  time_point due() const noexcept;
  // Returns the attempt that will be the next as it stands. One must wait.
  ticket first() const noexcept;

  std::size_t waiting() const noexcept { return waiting_.size(); }
  std::size_t in_flight() const noexcept { return in_flight_; }

 private:
  struct line {
    time_point next = time_point::min();  // no attempt to this host begins earlier
    std::set<ticket> waiting{};
  };

  void place(line& l);
  void take_out(line& l);
  void forget_idle_hosts(time_point now);
  bool full() const noexcept { return limit_ != 0 && in_flight_ >= limit_; }

  const duration interval_;
  const duration host_interval_;
  const std::size_t limit_;
  std::size_t in_flight_ = 0;
  ticket last_ = 0;
  time_point next_ = time_point::min();  // no attempt begins earlier
  std::map<std::string, line> hosts_{};
  std::size_t forget_at_ = 64;  // how many hosts are known when idle ones are forgotten
  std::map<ticket, line*> waiting_{};
  // The hosts that attempts wait for: by the first attempt, if it may begin as far as its host is
  // concerned, otherwise by the time when it may.
  std::set<std::pair<ticket, line*>> ready_{};
  std::set<std::pair<time_point, line*>> resting_{};
};

}  // namespace wsx::detail
