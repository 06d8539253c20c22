#pragma once

#include <wsx/config.hpp>

#include "client_clock.hpp"
#include "inner_executor.hpp"
#include "virtual_time.hpp"

#include <wsx/transport/strand.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace wsx::detail {

// A timer that follows the client's clock: the machine's, unless time is virtual. The timer itself
// is on the strand's inner executor, its handlers are called on the strand. The strand must outlive
// it and its waits.
class client_timer {
 public:
  using duration = client_clock::duration;
  using time_point = client_clock::time_point;

  client_timer(const strand& s, client_clock clock) : timer_(inner_executor(s)) {
    if (clock.time() != nullptr) virtual_ = std::make_unique<virtual_timer>(*clock.time(), timer_);
  }
  client_timer(const client_timer&) = delete;
  client_timer& operator=(const client_timer&) = delete;

  client_clock clock() const noexcept {
    return virtual_ ? client_clock(&virtual_->time()) : client_clock();
  }

  // Pending waits complete with `asio::error::operation_aborted`.
  void expires_at(time_point when) {
    if (virtual_) return virtual_->expires_at(when);
    timer_.expires_at(when);
  }
  // Delays that are too long end with the last time point.
  void expires_after(duration delay) {
    const auto now = clock().now();
    const auto end = time_point::max();
    expires_at(delay > end - now ? end : now + delay);
  }
  time_point expiry() const noexcept { return virtual_ ? virtual_->expiry() : timer_.expiry(); }
  void cancel() {
    if (virtual_) return virtual_->cancel();
    timer_.cancel();
  }

  template <class Handler>
  void async_wait(Handler handler) {
    wait(on_strand(serial(), std::move(handler)));
  }
  // The same, but a canceled wait calls nothing, and costs the strand no turn.
  template <class Handler>
  void async_wait_due(Handler handler) {
    wait(when_due(serial(), std::move(handler)));
  }

 private:
  const strand& serial() noexcept { return timer_.get_executor().serial(); }

  template <class Handler>
  void wait(Handler handler) {
    if (virtual_) return virtual_->async_wait(std::move(handler));
    timer_.async_wait(std::move(handler));
  }

  inner_timer timer_;
  std::unique_ptr<virtual_timer> virtual_;
};

}  // namespace wsx::detail
