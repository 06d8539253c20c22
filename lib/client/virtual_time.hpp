#pragma once

#include <wsx/config.hpp>

#include "inner_executor.hpp"

#include <wsx/export.hpp>

#include <asio/associator.hpp>
#include <asio/execution_context.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

namespace wsx::detail {

class virtual_timer;

// The time of an execution context that is moved by hand; `testing::virtual_clock` is a handle to
// it. From any thread.
class virtual_time final : public std::enable_shared_from_this<virtual_time> {
 public:
  using duration = std::chrono::steady_clock::duration;
  using time_point = std::chrono::steady_clock::time_point;

  // Returns that of the context, and makes it if there is none.
  WSX_API static std::shared_ptr<virtual_time> of(asio::execution_context& context);

  // Returns that of the context for a new client; null if the client uses the machine's clock.
  WSX_API static virtual_time* in_force(asio::execution_context& context);

  explicit virtual_time(time_point start) noexcept : now_(start.time_since_epoch().count()) {}

  time_point now() const noexcept {
    return time_point(duration(now_.load(std::memory_order_relaxed)));
  }

  // A client's look at the clock, which may move time.
  WSX_API time_point look() noexcept;
  void move_per_look(duration time) noexcept {
    per_look_.store(time.count(), std::memory_order_relaxed);
  }

  // Completes the waits that are due by then, in the order of their due times. Time never moves
  // back.
  WSX_API void move_to(time_point when);

  // Returns when the next wait is due; nothing if there is none.
  WSX_API std::optional<time_point> next_due() const;

  // Counts the clocks of the context: while there are any, new clients use this time.
  void add_clock() noexcept { clocks_.fetch_add(1, std::memory_order_relaxed); }
  void remove_clock() noexcept { clocks_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  friend class virtual_timer;
  class service;

  struct earlier {
    WSX_API bool operator()(const virtual_timer* a, const virtual_timer* b) const noexcept;
  };

  mutable std::mutex mutex_;        // for pending waits and timers
  std::atomic<duration::rep> now_;  // changed with the mutex held
  std::set<virtual_timer*, earlier> waiting_;
  std::uint64_t waits_ = 0;
  std::atomic<duration::rep> per_look_{0};
  std::atomic<int> clocks_{0};
};

// The handler of a wait that is canceled when its virtual time has come.
template <class Handler>
struct virtual_wait {
  std::shared_ptr<const bool> due;
  Handler handler;

  void operator()(std::error_code canceled) {
    std::move(handler)(*due ? std::error_code() : canceled);
  }
};

// How a timer waits for a virtual time. The underlying wait would never complete. It belongs to the
// execution context, which counts it as work and destroys it if the context ends first.
class virtual_timer {
 public:
  using time_point = virtual_time::time_point;

  WSX_API virtual_timer(virtual_time& time, inner_timer& timer);
  WSX_API ~virtual_timer();
  virtual_timer(const virtual_timer&) = delete;
  virtual_timer& operator=(const virtual_timer&) = delete;

  virtual_time& time() const noexcept { return *time_; }
  time_point expiry() const noexcept { return expiry_; }
  WSX_API void expires_at(time_point when);
  WSX_API void cancel();

  template <class Handler>
  void async_wait(Handler handler) {
    const std::lock_guard lock(time_->mutex_);
    virtual_wait<Handler> wait{begin(), std::move(handler)};
    timer_.async_wait(std::move(wait));
    complete_if_due();
  }

 private:
  friend class virtual_time;

  // With the mutex held.
  WSX_API std::shared_ptr<const bool> begin();
  WSX_API void complete_if_due();
  void complete();
  void end() noexcept;

  const std::shared_ptr<virtual_time> time_;
  inner_timer& timer_;
  time_point expiry_{};
  std::uint64_t number_ =
      0;  // number of the wait: keeps the order of waits that are due at the same time
  std::shared_ptr<bool> due_;  // whether its time has come; null: no wait is pending
};

}  // namespace wsx::detail

template <template <class, class> class Associator, class Handler, class Default>
struct asio::associator<Associator, wsx::detail::virtual_wait<Handler>, Default>
    : Associator<Handler, Default> {
  static auto get(const wsx::detail::virtual_wait<Handler>& wait) noexcept {
    return Associator<Handler, Default>::get(wait.handler);
  }
  static auto get(const wsx::detail::virtual_wait<Handler>& wait,
                  const Default& fallback) noexcept {
    return Associator<Handler, Default>::get(wait.handler, fallback);
  }
};
