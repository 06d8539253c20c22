#include "reconnecting.hpp"

#include <wsx/backoff.hpp>
#include <wsx/error.hpp>

namespace wsx::detail {

void failure_series::add(time_point now, duration uptime,
                         const std::optional<reconnect_options>& options) noexcept {
  const bool success =
      uptime > duration::zero() && uptime >= (options ? *options : reconnect_options()).reset_after;
  if (success) clear();
  if (count_++ == 0) since_ = now;
}

disconnect_decision decide(const std::optional<reconnect_options>& options, const disconnect& what,
                           std::chrono::steady_clock::duration failing) {
  if (!options || what.local() || what.reason.error == condition::permanent) return stop();
  if (options->max_attempts != 0 && what.attempt > options->max_attempts) return stop();
  const auto delay = backoff(options->delay)(what);
  const bool limited = options->max_time > options->max_time.zero();
  if (limited && failing + delay > options->max_time) return stop();
  return reconnect_after(delay);
}

}  // namespace wsx::detail
