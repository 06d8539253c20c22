#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace wsx {

/// When to try which of a host's addresses: RFC 8305 5, without sockets and timers. Its caller
/// passes the time, which must not go back, and says what has failed. Addresses are numbers, in the
/// order in which to try them.
class attempt_schedule {
 public:
  using duration = std::chrono::steady_clock::duration;
  using time_point = std::chrono::steady_clock::time_point;

  /// RFC 8305 5: the recommended Connection Attempt Delay.
  static constexpr std::chrono::milliseconds attempt_delay{250};

  /// `limit` is for each address; zero: none.
  attempt_schedule(std::size_t addresses, duration limit);

  /// Returns an attempt to give up, since its limit has passed: it has failed. Nothing if there is
  /// none. To be asked before `start`.
  std::optional<std::size_t> expire(time_point now);

  /// Returns the address to try now; nothing if it is not time for another one.
  std::optional<std::size_t> start(time_point now);

  /// The attempt has failed. If it was the newest, the next may begin at once.
  void failed(std::size_t address);

  /// Returns when `expire` or `start` will have something to do.
  time_point due() const;

  /// Returns whether all addresses have failed.
  bool exhausted() const noexcept { return started_.size() == addresses_ && running_ == 0; }

 private:
  struct attempt {
    time_point limit;
    bool running = true;
  };

  std::size_t addresses_;
  duration limit_;
  std::vector<attempt> started_{};
  std::size_t running_ = 0;
  time_point next_ = time_point::min();  // when to begin the next attempt
};

}  // namespace wsx
