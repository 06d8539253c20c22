#include "assembler_cache.hpp"

#include <wsx/detail/engine.hpp>
#include <wsx/detail/signal_watch.hpp>
#include <wsx/detail/timer_state.hpp>
#include <wsx/error.hpp>

#include <algorithm>
#include <limits>
#include <utility>

// The client's own deadlines, and the timers and signals that its user wants to hear of.

namespace wsx::detail {

namespace {

// The longest delays end when time does.
engine::clock::time_point later(engine::clock::time_point now, engine::clock::duration delay) {
  constexpr auto end = engine::clock::time_point::max();
  return delay > end - now ? end : now + delay;
}

}  // namespace

void engine::start_timer(std::shared_ptr<timer_state> timer) {
  post_on(strand_, [self = shared_from_this(), timer = std::move(timer)] {
    if (self->now() == phase::ended || !timer->message) return;
    self->attachments_.change().insert(timer);
    timer->clock.async_wait([self, timer](std::error_code) {
      self->attachments_.change().erase(timer);
      if (timer->message && self->now() != phase::ended) self->notify(std::move(timer->message));
    });
  });
}

void engine::cancel_timer(std::shared_ptr<timer_state> timer) {
  post_on(strand_, [timer = std::move(timer)] { timer->cancel(); });
}

void engine::start_watch(std::shared_ptr<signal_watch> watch) {
  post_on(strand_, [self = shared_from_this(), watch = std::move(watch)] {
    if (self->now() == phase::ended) return;
    self->attachments_.change().insert(watch);
    self->await_signal(watch);
  });
}

void engine::await_signal(std::shared_ptr<signal_watch> watch) {
  auto& signals = watch->signals;
  signals.async_wait([self = shared_from_this(), watch](std::error_code error, int number) {
    if (error || self->now() == phase::ended) return;
    self->notify(watch->make(number));
    self->await_signal(watch);
  });
}

// A client has one timer, for a deadline or, while there is none, for the keepalive. One that waits
// already, and no longer than this, is left alone: it looks again when it is due.
void engine::arm_timer(clock::time_point due, clock::time_point first_look) {
  timer_due_ = due;
  if (!timer_waits_ || timer_.expiry() > first_look) await_timer(first_look);
}

void engine::await_timer(clock::time_point when) {
  timer_waits_ = false;
  timer_.expires_at(when);
  auto passed = [self = shared_from_this(), number = ++timer_number_](std::error_code) {
    if (number == self->timer_number_) self->on_timer();  // or it is disarmed, or set anew
  };
  timer_.async_wait(when_due(strand_, std::move(passed)));
  timer_waits_ = true;
}

void engine::disarm_timer() {
  ++timer_number_;
  timer_waits_ = has_deadline_ = deadline_hit_ = false;
  timer_.cancel();
}

// There is no deadline any more. A timer that waits for it is left alone: what comes next is later,
// or sets it anew.
void engine::lift_deadline() {
  has_deadline_ = deadline_hit_ = false;
  timer_due_ = clock::time_point::max();
}

void engine::on_timer() {
  timer_waits_ = false;
  if (timer_due_ == clock::time_point::max()) return;
  if (clock::now() < timer_due_) return await_timer(timer_due_);
  has_deadline_ ? on_deadline() : on_keepalive();
}

// The timer is set for `next` too, the delay of a deadline that may soon take the place of this
// one.
void engine::arm_deadline(clock::duration delay, clock::duration next) {
  const auto now = clock::now();
  deadline_hit_ = false;
  arm_timer(later(now, delay), later(now, std::min(delay, next)));
  has_deadline_ = true;
}

void engine::on_deadline() {
  deadline_hit_ = true;
  // While connecting the transport waits by itself; and a callback may wait for ever.
  const bool connecting = now() == phase::connecting;
  if (connecting && stream_ && !stream_open_) stream_->close();
  if (now() == phase::closing) {
    drained_ = false;  // the server's answer may be here, and the thread late
    interrupt_.emit(asio::cancellation_type::terminal);
  }
  wake();
}

// Where a deadline runs, the connection is about to end anyway.
void engine::arm_keepalive() {
  const auto next = keepalive_.next();
  if (next && !has_deadline_) arm_timer(*next, *next);
}

void engine::on_keepalive() {
  if (!close_.open()) return;  // the closing handshake has a deadline of its own
  switch (keepalive_.poll(clock::now())) {
    case protocol::keepalive::action::wait: arm_keepalive(); break;  // it has been heard of
    case protocol::keepalive::action::send_ping:
      ping_end_ = std::numeric_limits<std::uint64_t>::max();
      ping_makes_way();
      outbox_.set_ping(keepalive_.ping_payload());
      arm_keepalive();
      pump();
      break;
    case protocol::keepalive::action::give_up:
      if (ping_makes_way()) {
        keepalive_.progressed(clock::now());
        return on_keepalive();
      }
      dead_ = true;
      wake();
      break;
  }
  // From time to time: what a burst, or the ping, made grow is not kept for ever.
  if (assembler_) assembler_->release_memory();
  if (resting_) give_back(assembler_);
  outbox_.release_memory();
}

// The kernel may hold so much before a ping that this takes long to leave, and a socket long to
// have room. As long as the peer's system confirms more of it, the link works. Not longer: what it
// confirms behind the ping does not say that the server, which has not answered, still reads.
bool engine::ping_makes_way() {
  const auto left = stream_->unacknowledged();
  if (!left) return false;
  const std::uint64_t now = bytes_sent_.load(std::memory_order_relaxed) - *left;
  const std::uint64_t before = std::exchange(acknowledged_, now);
  return before < ping_end_ && before < now;
}

}  // namespace wsx::detail
