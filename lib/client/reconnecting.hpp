#pragma once

#include <wsx/disconnect.hpp>
#include <wsx/reconnect_options.hpp>

#include <chrono>
#include <cstddef>
#include <optional>

namespace wsx::detail {

// Counts failures in a row: attempts that failed, and connections that ended too soon.
class failure_series {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::steady_clock::duration;

  // An attempt failed, or a connection ended that was open for `uptime`.
  void add(time_point now, duration uptime,
           const std::optional<reconnect_options>& options) noexcept;

  std::size_t count() const noexcept { return count_; }
  // Returns the time since the first failure.
  duration lasts(time_point now) const noexcept { return now - since_; }

  void clear() noexcept { count_ = 0; }

 private:
  std::size_t count_ = 0;
  time_point since_{};
};

// Decides for a handler without `handle_disconnect`: see `options::reconnect`. `failing` is the
// time since the first failure in a row.
disconnect_decision decide(const std::optional<reconnect_options>& options, const disconnect& what,
                           std::chrono::steady_clock::duration failing);

}  // namespace wsx::detail
