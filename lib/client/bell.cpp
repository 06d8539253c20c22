#include <wsx/detail/bell.hpp>

#include <asio/post.hpp>

#include <system_error>
#include <utility>

namespace wsx::detail {

bell::bell(const strand& s) : strand_(s), ropes_{s.get_inner_executor(), s.get_inner_executor()} {}

void bell::ring() {
  if (rung_.exchange(true, std::memory_order_acq_rel)) return;
  rope& r = ropes_[current_];
  r.pulled.store(true, std::memory_order_relaxed);
  r.never.cancel();
  r.pulled.store(false, std::memory_order_release);
}

void bell::ignore() {
  if (!rung_.exchange(true, std::memory_order_acq_rel)) ours_ = true;
}

bool bell::listen(std::shared_ptr<bell_listener> who) {
  if (!ours_) return !rung_.load(std::memory_order_acquire);
  if (!waiting_) {
    if (!take_slack_rope()) {
      asio::post(strand_, [who = std::move(who)] { who->on_ring(); });
      return false;
    }
    waiting_ = true;
    auto heard = [this, who = std::move(who)](std::error_code) {
      waiting_ = false;
      ours_ = true;
      who->on_ring();  // owns this bell
    };
    ropes_[current_].never.async_wait(on_strand(strand_, std::move(heard)));
  }
  ours_ = false;
  // An exchange, to come before or after that of `ring`, and with it whoever looks again.
  rung_.exchange(false, std::memory_order_acq_rel);
  return true;
}

// The other one first. Both are still pulled only if two who rang were interrupted amid it.
bool bell::take_slack_rope() {
  for (const std::size_t next : {1 - current_, current_}) {
    if (ropes_[next].pulled.load(std::memory_order_acquire)) continue;
    current_ = next;
    return true;
  }
  return false;
}

void bell::hang_up() {
  ignore();
  if (!ours_ || !waiting_) return;
  ours_ = false;  // this rings too
  ropes_[current_].never.cancel();
}

}  // namespace wsx::detail
