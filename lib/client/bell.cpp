#include <wsx/detail/bell.hpp>

#include <asio/bind_executor.hpp>
#include <asio/post.hpp>

#include <system_error>
#include <utility>

namespace wsx::detail {

// The timer's handler.
struct bell::wait {
  bell* of;
  std::shared_ptr<bell_listener> who;  // owns the bell

  void operator()(std::error_code = {}) {
    // Who rang may not be out of `cancel` yet, and the timer not be ours: another time.
    if (of->pulling_.load(std::memory_order_acquire))
      return asio::post(strand(of->strand_), std::move(*this));
    of->waiting_ = false;
    of->ours_ = true;
    who->on_ring();
  }
};

bell::bell(const strand& s)
    : strand_(s), never_(s.get_inner_executor(), asio::steady_timer::time_point::max()) {}

void bell::ring() {
  if (rung_.exchange(true, std::memory_order_acq_rel)) return;
  pulling_.store(true, std::memory_order_relaxed);
  never_.cancel();
  pulling_.store(false, std::memory_order_release);
}

void bell::ignore() {
  if (!rung_.exchange(true, std::memory_order_acq_rel)) ours_ = true;
}

bool bell::listen(std::shared_ptr<bell_listener> who) {
  if (!ours_) return !rung_.load(std::memory_order_acquire);
  if (!waiting_) {
    waiting_ = true;
    never_.async_wait(asio::bind_executor(strand_, wait{this, std::move(who)}));
  }
  ours_ = false;
  // An exchange, to come before or after that of `ring`, and with it whoever looks again.
  rung_.exchange(false, std::memory_order_acq_rel);
  return true;
}

void bell::hang_up() {
  ignore();
  if (!ours_ || !waiting_) return;
  ours_ = false;  // this rings too
  never_.cancel();
}

}  // namespace wsx::detail
