#include <wsx/detail/engine.hpp>
#include <wsx/detail/signal_watch.hpp>
#include <wsx/detail/timer_state.hpp>
#include <wsx/error.hpp>

#include <algorithm>
#include <utility>

// The client's own deadlines, and the timers and signals that its user wants to hear of.

namespace wsx::detail {

void engine::start_timer(std::shared_ptr<timer_state> timer) {
  post_on(strand_, [self = shared_from_this(), timer = std::move(timer)] {
    if (self->now() == phase::ended || !timer->message) return;
    self->attachments_.insert(timer);
    timer->clock.async_wait([self, timer](std::error_code) {
      self->attachments_.erase(timer);
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
    self->attachments_.insert(watch);
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

// A timer that waits already, and no longer than this, is left alone: it looks again when it is
// due. It is set for `next` too, the delay of a deadline that may soon take the place of this one.
void engine::arm_deadline(clock::duration delay, clock::duration next) {
  const auto now = clock::now();
  deadline_hit_ = false;
  deadline_at_ = now + delay;
  const auto when = now + std::min(delay, next);
  if (!deadline_waits_ || deadline_.expiry() > when) await_deadline(when);
}

void engine::disarm_deadline() {
  ++deadline_number_;
  deadline_waits_ = deadline_hit_ = false;
  deadline_.cancel();
}

void engine::await_deadline(clock::time_point when) {
  deadline_waits_ = true;
  deadline_.expires_at(when);
  auto passed = [self = shared_from_this(), number = ++deadline_number_](std::error_code) {
    if (number == self->deadline_number_) self->on_deadline();  // or it is disarmed, or set anew
  };
  deadline_.async_wait(when_due(strand_, std::move(passed)));
}

void engine::on_deadline() {
  deadline_waits_ = false;
  if (clock::now() < deadline_at_) return await_deadline(deadline_at_);
  deadline_hit_ = true;
  // While connecting the transport waits by itself; and a callback may wait for ever.
  const bool connecting = now() == phase::connecting;
  if (connecting && stream_ && !stream_open_) stream_->close();
  if (now() == phase::closing) interrupt_.emit(asio::cancellation_type::terminal);
  wake();
}

void engine::arm_keepalive() {
  const auto next = keepalive_.next();
  if (!next) return;
  keepalive_timer_.expires_at(*next);
  auto due = [self = shared_from_this(), number = connection_number_](std::error_code) {
    if (number == self->connection_number_) self->on_keepalive();
  };
  keepalive_timer_.async_wait(when_due(strand_, std::move(due)));
}

void engine::on_keepalive() {
  if (!close_.open()) return;  // the closing handshake has a deadline of its own
  // From time to time: what a burst made grow is not kept for ever.
  assembler_.release_memory();
  outbox_.release_memory();
  switch (keepalive_.poll(clock::now())) {
    case protocol::keepalive::action::wait: return arm_keepalive();  // it has been heard of
    case protocol::keepalive::action::send_ping:
      taken_since_ping_ = false;
      outbox_.set_ping(keepalive_.ping_payload());
      arm_keepalive();
      return pump();
    case protocol::keepalive::action::give_up: break;
  }
  if (ping_is_held_up()) {
    keepalive_.heard();
    return arm_keepalive();
  }
  dead_ = true;
  wake();
}

// No ping can go before the frame that is being written has ended (RFC 6455 5.4). As long as the
// server takes more of that, it lives. TLS does not tell of less than a batch, the socket does.
bool engine::ping_is_held_up() const noexcept {
  return outbox_.ping_pending() && taken_since_ping_;
}

}  // namespace wsx::detail
