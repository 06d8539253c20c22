#pragma once

#include "inner_executor.hpp"
#include "strand_listener.hpp"

#include <wsx/export.hpp>
#include <wsx/transport/strand.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace wsx::detail {

// Calls a strand from any thread, once per burst of notifications, without an allocation.
// `asio::post` would allocate on a thread that runs no event loop. Instead the strand starts a
// timer's wait in advance, and a notification cancels it. Only the very first notification is
// posted, so a client without producers has no timer.
//
// `notified_` says who owns the timer. If it is false, the first thread that notifies does. If it
// is true, the strand does, or the notifying thread until the strand has been called. There are two
// timers, used alternately: the notifying thread may still be within `cancel` when the strand arms
// the notifier again.
//
// An exchange just to find out that there is nothing to do costs a producer more than the rest of a
// small frame. The processor waits until the frame has reached the cache. While the strand is busy
// with a burst, producers therefore only read `busy_`. The strand pays with a fence for the whole
// process when it arms the notifier again.
class cross_thread_notifier {
 public:
  // `s` must outlive the notifier.
  explicit cross_thread_notifier(const strand& s) noexcept : strand_(s) {}
  explicit cross_thread_notifier(strand&&) = delete;

  // From any thread: `on_notified` is called soon, unless the notifier is suspended. If there is no
  // memory for the very first notification, the next one replaces it.
  void notify() noexcept {
    // The frame is stored before the load; the other half of this fence is in `end_busy`.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (!busy_.load(std::memory_order_relaxed)) notify_now();
  }

  // The rest is for the strand.

  // A notification from the strand itself.
  void notify_here() noexcept {
    if (!ours_) notify();
  }

  // The strand is busy: it will look for frames before it arms the notifier again.
  WSX_API void suspend();

  // The same for a burst: notifying costs next to nothing, arming again costs a system call.
  WSX_API void suspend_many() noexcept;

  // The strand is idle: notifications count from now on. Returns false if one is on its way, which
  // will arrive. Frames queued before this returned may not have notified, so look again. `many`: a
  // burst is expected, as if `suspend_many` followed the first notification at once.
  WSX_API bool arm(const std::shared_ptr<strand_listener>& who, bool many);

  // Releases the listener.
  WSX_API void disarm();

 private:
  struct endless_wait {
    endless_wait(const strand& s)  // NOLINT: converts by design
        : timer(inner_executor(s), inner_timer::time_point::max()) {}

    inner_timer timer;                   // only its cancellation ends its wait
    std::atomic<bool> canceling{false};  // a thread is within `cancel`
  };

  struct wait_pair {
    explicit wait_pair(const strand& s) : waits{s, s} {}

    endless_wait waits[2];
  };

  WSX_API void notify_now() noexcept;
  void notify_first() noexcept;
  bool take_idle_wait();
  bool end_busy() noexcept;

  const strand& strand_;
  std::weak_ptr<strand_listener> first_listener_;  // for the very first notification
  std::unique_ptr<wait_pair> pair_;                // after that has arrived
  bool used_ = false;                              // the first notification has been used
  std::uint8_t current_ = 0;                       // index of the wait to cancel
  std::atomic<bool> notified_{true};
  std::atomic<bool> busy_{false};  // true only while `notified_` is: no need to notify
  bool many_expected_ = false;     // the next notification sets `busy_`
  bool waiting_ = false;           // a wait is under way
  bool ours_ = true;               // the strand owns the notifier, or its timer
};

}  // namespace wsx::detail
