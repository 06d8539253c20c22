#include "engine.hpp"
#include "handler_changes.hpp"
#include "lifecycle.hpp"
#include "suspension.hpp"
#include "system_requests.hpp"

#include <wsx/error.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <utility>

// Events in the life of a client: from its owner, from the layers below, and from its callbacks.

namespace wsx::detail {

void lifecycle::drop_handlers() noexcept {
  if (dialer_) dialer_->drop();
  open_.drop_handlers();
  wake_.drop();
}

// Requests of the owner.

void lifecycle::cancel_connect() {
  if (opened_once_) {  // `init` or `handle_connect` is running
    parts_.complete_connect(asio::error::operation_aborted, ending_, target_.url);
    return end(intent::end_at_once);
  }
  connect_canceled_ = true;
  if (dialer_) dialer_->interrupt(asio::error::operation_aborted);
  interrupt_callback();
  wake();
}

bool lifecycle::close(protocol::close_payload how) {
  if (state_ == life_state::terminating) return false;
  if (!open_.transport) {  // there is no peer to close with: the client just ends, in order
    end(intent::end_in_order);
    return true;
  }
  intent_ = std::max(intent_, intent::no_reconnect);
  open_.close(how);
  interrupt_callback();
  pump();
  wake();
  return true;
}

void lifecycle::end(intent how) {
  intent_ = std::max(intent_, how);
  owner_.stop();
  suspension(owner_).lift();
  open_.interrupt();
  if (dialer_) dialer_->interrupt(errc::aborted);
  interrupt_callback();
  wake();
  if (state_ != life_state::idle) return;
  ending_.client_ended(stop_reason(), *parts_.options);  // no state is running that could end
  complete_waiters();
  enter(life_state::ended);
}

close_reason lifecycle::stop_reason() const {
  return intent_ == intent::end_in_order ? ending::closed() : ending::aborted();
}

// Updates what other threads see.
void lifecycle::publish() {
  phase p = phase::pausing;
  if (state_ == life_state::idle) p = phase::idle;
  if (state_ == life_state::dialing) p = phase::connecting;
  if (open_.transport) p = open_.transport->connection().closing() ? phase::closing : phase::open;
  if (told_) p = phase::ended;
  if (state_ == life_state::ended) p = phase::over;
  const gate::state now(p, open_.number);
  if (now == parts_.door.load()) return;
  parts_.door.set(now);
  if (p == phase::closing) interrupt_callback();
}

void lifecycle::on_signal() {
  if (owner_.asks()) interrupt_callback();
}

// Events from the layers below.

void lifecycle::on_ready(io_direction direction, std::uint32_t number) {
  if (dialer_) return dialer_->on_ready(direction, number);
  // A transport that has been closed must not complete a wait within that call, but one might.
  if (intent_ > intent::no_reconnect || !open_.on_ready(direction, number)) return;
  direction == io_direction::read ? wake() : pump();
}

void lifecycle::on_time() {
  using enum deadline::of;
  const auto now = parts_.time.now();
  auto& time = parts_.time;
  if (time.take(callback, now)) abandon_callback();
  if (time.take(attempt, now)) {
    if (dialer_) dialer_->time_out();
    open_.on_time_of_other() ? pump() : wake_.notify();
  }
  if (time.take(connection, now) && open_.transport) {
    open_.transport->on_time();
    const auto& c = open_.transport->connection();
    // A callback that began while closing has had the time for closing.
    if (c.closing() && c.timed_out() && callback_.running()) {
      callback_.interrupt();
      abandon_callback();
    }
    c.timed_out() || c.over() ? wake() : pump();
  }
  time.arm(owner_.shared_from_this());
}

// Requests of callbacks, and how callbacks end.

void lifecycle::pump() {
  if (!open_.transport) return;
  const std::shared_ptr<strand_listener> who = owner_.shared_from_this();
  open_.transport->pump(who);
  if (open_.rotates()) {
    open_.pump_other(who);
    wake();  // what the other connection waits for may have been written
  }
  publish();
}

void lifecycle::callback_failed(std::exception_ptr what) noexcept {
  // An interrupted callback usually throws because of that, which is not a failure.
  no_answer_ = callback_.interrupted();
  if (stopped() || connect_canceled_ || callback_.interrupted()) return;
  if (link* const called = open_.called().transport.get()) {
    called->callback_failed(what);
    // A connection that is not the client's present one fails alone only if the client goes on.
    if (!parts_.options->reconnect_after_exception) open_.transport->callback_failed(what);
    return;
  }
  threw_ = state_ != life_state::terminating && !parts_.options->reconnect_after_exception;
  ending_.callback_failed(std::move(what), *parts_.options);
}

void lifecycle::callback_waits(const asio::cancellation_slot& own) noexcept {
  callback_.begins(own);
  // Meanwhile answers to the peer are sent.
  link* const called = open_.called().transport.get();
  if (called != nullptr && called->connection().take_answered())
    parts_.door.notifier().notify_here();
}

void lifecycle::callback_finished() noexcept {
  callback_.finished();
  parts_.time.lift(deadline::of::callback);
}

// It gets as much time as a server gets to close.
void lifecycle::interrupt_callback() {
  if (!callback_.running()) return;
  if (!parts_.time.runs(deadline::of::callback)) {
    parts_.time.set(deadline::of::callback, parts_.time.after(parts_.options->close_timeout));
    parts_.time.arm(owner_.shared_from_this());
  }
  callback_.interrupt();
}

// The callback goes on though it was interrupted. Neither the connection nor the operations that
// wait for the end wait for it any longer. `terminate` is called when it has finished.
void lifecycle::abandon_callback() {
  const auto& options = *parts_.options;
  if (link* const open = open_.transport.get()) {
    if (!stopped()) open->connection().receive_end(errc::close_timeout, false);
    open->close();
  }
  if (state_ == life_state::terminating) {
    callback_.interrupt();
  } else if (stopped()) {
    ending_.client_ended(stop_reason(), options);
  } else if (connect_canceled_) {
    return parts_.complete_connect(asio::error::operation_aborted, ending_, target_.url);
  } else if (intent_ == intent::none) {
    return;  // the handler will decide
  } else if (open_.transport) {
    ending_.connection_ended(open_.transport->connection().reason(), options, open_.info.url);
  }
  complete_waiters();
}

// Returns whether a failed first attempt is reported to the caller of `connect`, and not to the
// handler.
bool lifecycle::gives_up() const noexcept {
  const bool handed_on = parts_.options->handle_first_failure && !connect_canceled_;
  return attempts_ > 0 && !opened_once_ && intent_ == intent::none && !stopped() && !handed_on;
}

// Completes all waiting operations.
void lifecycle::complete_waiters() {
  told_ = true;
  publish();
  const auto unopened = make_error_code(stopped() ? errc::aborted : errc::closing);
  handler_changes(owner_).fail();
  system_requests(owner_).client_ended();
  parts_.complete_waiters(ending_, unopened, target_.url);
}

}  // namespace wsx::detail
