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

// Calls a strand from any thread, once per burst of notifications, without an allocation. Where
// `asio::post` would allocate on a thread that runs no event loop, the strand has begun a timer's
// wait beforehand, and to notify cancels it. Only the very first notification is posted: a client
// that nobody sends with has no timer.
//
// `notified_` says who owns the timer. False: the first that notifies. True: the strand, or the one
// that notified until the strand has been called. There are two timers, used in turn: the thread
// that notified may still be within `cancel` when the strand arms the notifier again.
//
// To find out by an exchange that nothing is to be done costs a producer more than all the rest of
// a small frame: the processor waits until what it has queued has reached the cache. So while the
// strand is busy with much, producers only look at `busy_`. The strand pays when it arms again,
// with a fence for the whole process.
class cross_thread_notifier {
 public:
  // `s` must outlive the notifier.
  explicit cross_thread_notifier(const strand& s) noexcept : strand_(s) {}
  explicit cross_thread_notifier(strand&&) = delete;

  // From any thread: `on_notified` is called soon, unless the notifier is suspended. If there is no
  // memory for the very first notification, the next one takes its place.
  void notify() noexcept {
    // What is to be found comes before the look; the other half of this fence is in `end_busy`.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (!busy_.load(std::memory_order_relaxed)) notify_now();
  }

  // The rest is the strand's.

  // The strand notifies itself.
  void notify_here() noexcept {
    if (!ours_) notify();
  }

  // The strand is busy: it will look by itself before it arms the notifier again.
  WSX_API void suspend();

  // Busy with much: to notify costs next to nothing, to arm again costs a system call.
  WSX_API void suspend_many() noexcept;

  // The strand is idle: notifications count from now on. False if one is on its way, which will
  // arrive. What was queued before this returned has perhaps not notified: look again. `many`: more
  // is expected behind the first, as if `suspend_many` followed it at once.
  WSX_API bool arm(const std::shared_ptr<strand_listener>& who, bool many);

  // Lets go of the listener.
  WSX_API void close();

 private:
  struct endless_wait {
    endless_wait(const strand& s)  // NOLINT: converts by design
        : timer(inner_executor(s), inner_timer::time_point::max()) {}

    inner_timer timer;                   // nothing but its cancellation ends its wait
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
  std::weak_ptr<strand_listener> first_listener_;  // of the very first notification
  std::unique_ptr<wait_pair> pair_;                // once that has arrived
  bool used_ = false;                              // it has
  std::uint8_t current_ = 0;                       // the wait to cancel
  std::atomic<bool> notified_{true};
  std::atomic<bool> busy_{false};  // true only while `notified_` is: nobody need notify
  bool many_expected_ = false;     // the next notification sets `busy_`
  bool waiting_ = false;           // a wait is under way
  bool ours_ = true;               // the notifier, or its timer, is the strand's
};

}  // namespace wsx::detail
