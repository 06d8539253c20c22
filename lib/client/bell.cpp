#include "process_fence.hpp"

#include <wsx/detail/bell.hpp>

#include <asio/post.hpp>

#include <system_error>
#include <utility>

namespace wsx::detail {

void bell::ring_now() noexcept {
  if (rung_.exchange(true, std::memory_order_acq_rel)) return;
  if (!pair_) return ring_first();
  busy_.store(many_expected_, std::memory_order_relaxed);  // until this is heard, or longer
  rope& r = pair_->ropes[current_];
  r.pulled.store(true, std::memory_order_relaxed);
  r.never.cancel();
  r.pulled.store(false, std::memory_order_release);
}

// Posted below the strand, which Asio leaves locked forever if memory runs out during a post to it.
void bell::ring_first() noexcept {
  auto who = first_.lock();
  if (!who) return;  // and so has gone whoever could ring again
  auto heard = [this, who = std::move(who)](std::error_code) {
    ours_ = used_ = true;
    who->on_ring();  // owns this bell
  };
  try {
    auto call = [heard = on_strand(strand_, std::move(heard))]() mutable { heard({}); };
    asio::post(strand_.get_inner_executor(), std::move(call));
  } catch (...) {  // no memory: who rings next rings for this, too
    rung_.store(false, std::memory_order_release);
  }
}

void bell::ignore() {
  if (!ours_ && !rung_.exchange(true, std::memory_order_acq_rel)) ours_ = true;
}

void bell::ignore_many() noexcept {
  if (ours_ && has_process_fence()) busy_.store(true, std::memory_order_relaxed);
}

bool bell::listen(std::shared_ptr<bell_listener> who, bool many) {
  if (!ours_) return !rung_.load(std::memory_order_acquire);
  if (!end_busy() || !(waiting_ || !pair_ || take_slack_rope())) {
    post_on(strand_, [who = std::move(who)] { who->on_ring(); });
    return false;
  }
  if (used_ && !pair_) pair_ = std::make_unique<rope_pair>(strand_.get_inner_executor());
  many_expected_ = many && has_process_fence();
  if (!pair_) {
    first_ = std::move(who);
  } else if (!waiting_) {
    auto heard = [this, who = std::move(who)](std::error_code) {
      waiting_ = false;
      ours_ = true;
      who->on_ring();  // owns this bell
    };
    pair_->ropes[current_].never.async_wait(on_strand(strand_, std::move(heard)));
    waiting_ = true;
  }
  ours_ = false;
  // An exchange, to come before or after that of `ring`, and with it whoever looks again.
  rung_.exchange(false, std::memory_order_acq_rel);
  return true;
}

// Whoever still finds that it need not ring has made visible what it came for. False if that can't
// be had: it will have by the strand's next turn, for no processor keeps a store to itself so long.
bool bell::end_busy() noexcept {
  if (!busy_.load(std::memory_order_relaxed)) return true;
  busy_.store(false, std::memory_order_relaxed);
  return process_fence();
}

// The other one first. Both are still pulled only if two threads were interrupted while ringing.
bool bell::take_slack_rope() {
  for (const std::size_t next : {1 - current_, current_}) {
    if (pair_->ropes[next].pulled.load(std::memory_order_acquire)) continue;
    current_ = next;
    return true;
  }
  return false;
}

void bell::hang_up() {
  ignore();
  if (!ours_ || !waiting_) return;
  ours_ = false;  // this rings too
  pair_->ropes[current_].never.cancel();
}

}  // namespace wsx::detail
