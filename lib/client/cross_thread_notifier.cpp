#include "cross_thread_notifier.hpp"

#include "asymmetric_fence.hpp"

#include <asio/post.hpp>

#include <system_error>
#include <utility>

namespace wsx::detail {

void cross_thread_notifier::notify_now() noexcept {
  if (notified_.exchange(true, std::memory_order_acq_rel)) return;
  if (!pair_) return notify_first();
  busy_.store(many_expected_,
              std::memory_order_relaxed);  // until the notification has arrived, or longer
  endless_wait& wait = pair_->waits[current_];
  wait.canceling.store(true, std::memory_order_relaxed);
  wait.timer.cancel();
  wait.canceling.store(false, std::memory_order_release);
}

// Posted to the strand's inner executor: Asio leaves a strand locked forever if memory runs out
// during a post to it.
void cross_thread_notifier::notify_first() noexcept {
  auto who = first_listener_.lock();
  if (!who) return;  // then all producers are gone, too
  auto arrived = [this, who = std::move(who)](std::error_code) {
    ours_ = used_ = true;
    who->on_notified();  // it owns this notifier
  };
  try {
    auto call = [arrived = on_strand(strand_, std::move(arrived))]() mutable { arrived({}); };
    asio::post(strand_.get_inner_executor(), std::move(call));
  } catch (...) {  // no memory: the next notification stands for this one
    notified_.store(false, std::memory_order_release);
  }
}

void cross_thread_notifier::suspend() {
  if (!ours_ && !notified_.exchange(true, std::memory_order_acq_rel)) ours_ = true;
}

void cross_thread_notifier::suspend_many() noexcept {
  if (ours_ && has_asymmetric_fence()) busy_.store(true, std::memory_order_relaxed);
}

bool cross_thread_notifier::arm(const std::shared_ptr<strand_listener>& who, bool many) {
  if (!ours_) return !notified_.load(std::memory_order_acquire);
  if (!end_busy() || !(waiting_ || !pair_ || take_idle_wait())) {
    post_on(strand_, [who] { who->on_notified(); });
    return false;
  }
  if (used_ && !pair_) pair_ = std::make_unique<wait_pair>(strand_);
  many_expected_ = many && has_asymmetric_fence();
  if (!pair_) {
    if (first_listener_.expired()) first_listener_ = who;  // it is always the same one
  } else if (!waiting_) {
    auto arrived = [this, who](std::error_code) {
      waiting_ = false;
      ours_ = true;
      who->on_notified();  // it owns this notifier
    };
    pair_->waits[current_].timer.async_wait(on_strand(strand_, std::move(arrived)));
    waiting_ = true;
  }
  ours_ = false;
  // An exchange: it comes either before that of `notify`, or after it, and then this side looks
  // again.
  notified_.exchange(false, std::memory_order_acq_rel);
  return true;
}

// A producer that still sees that it need not notify has made its frames visible. Returns false if
// that can't be guaranteed yet. It will be by the strand's next turn, since no processor delays a
// store that long.
bool cross_thread_notifier::end_busy() noexcept {
  if (!busy_.load(std::memory_order_relaxed)) return true;
  busy_.store(false, std::memory_order_relaxed);
  return asymmetric_fence();
}

// Prefers the other wait. Both are taken only if two threads were interrupted within `cancel`.
bool cross_thread_notifier::take_idle_wait() {
  for (const int next : {1 - current_, int{current_}}) {
    if (pair_->waits[next].canceling.load(std::memory_order_acquire)) continue;
    current_ = static_cast<std::uint8_t>(next);
    return true;
  }
  return false;
}

void cross_thread_notifier::disarm() {
  suspend();
  if (!ours_ || !waiting_) return;
  ours_ = false;  // canceling counts as a notification
  pair_->waits[current_].timer.cancel();
}

}  // namespace wsx::detail
