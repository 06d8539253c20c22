#include "../to_string/units.hpp"
#include "failure_text.hpp"

#include <wsx/detail/cancelable.hpp>
#include <wsx/detail/engine.hpp>
#include <wsx/error.hpp>

#include <asio/error.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <utility>

// The life of a client: one connection after the other, until it ends.

namespace wsx::detail {

namespace {

// Where something within the client throws: no memory, no thread, no random numbers.
std::error_code internal_failure(std::string& detail) {
  detail = thrown(std::current_exception());
  return errc::internal_failure;
}

}  // namespace

asio::awaitable<void> engine::run(std::shared_ptr<engine> self) {
  // A stop interrupts what a callback waits for, not this coroutine.
  co_await asio::this_coro::throw_if_cancelled(false);
  engine& e = *self;
  bool ended = true;
  try {
    ended = co_await e.connections();
  } catch (...) {
    e.crashed(std::current_exception());
  }
  if (ended) co_await e.finish();
}

// One connection after the other. False if there is nothing more to do for now: there was none, and
// `connect` may be called again, or the one that is open is idle.
asio::awaitable<bool> engine::connections() {
  bool over = now() == phase::pausing;  // the connection that was open crashed
  for (;; over = false) {
    bool opened = over || connected_now();
    try {
      if (!opened) opened = co_await establish();
      if (opened && !over) {
        if (!co_await receive()) co_return false;
        leave();
      }
    } catch (...) {
      opened = opened || connected_now();
      crashed(std::current_exception());
    }
    if (give_up_first(opened)) co_return false;
    if (stopped()) co_return true;
    // What interrupted a callback of that connection is no business of the next.
    co_await asio::this_coro::reset_cancellation_state();
    auto decision = co_await consult(opened);
    if (opened) tries_ = 0;
    if (give_up_first(opened)) co_return false;  // canceled while the handler thought it over
    if (!stopped()) {
      if (final_ || !decision.reconnects()) co_return true;
      if (decision.target()) target_ = std::move(*decision.target());
      co_await pause(decision.delay());
    }
    if (!stopped()) continue;
    reason_.change() = stop_reason();
    co_return true;
  }
}

// Opens a connection, and says whether that worked. Then the handler knows of it.
asio::awaitable<bool> engine::establish() {
  begin_connection();
  std::error_code error;
  try {
    error = co_await open();
  } catch (...) {
    error = internal_failure(diagnostics_->detail);
  }
  if (error) {
    attempt_failed(error);
    co_return false;
  }
  set(phase::open);
  reason_ = {};
  add(connects_, 1);
  opened_at_ = clock::now();
  keepalive_ = {options_->ping_interval, options_->ping_timeout};
  keepalive_.start(opened_at_);
  arm_keepalive();
  asio::awaitable<void> waiting;
  if (receiving() && !std::exchange(opened_once_, true)) waiting = handler_->init(*this, info_);
  if (waiting.valid()) co_await meanwhile_sending(std::move(waiting));
  if (receiving()) connected(std::error_code());
  if (receiving()) waiting = handler_->handle_connect(*this, info_);
  if (waiting.valid()) co_await meanwhile_sending(std::move(waiting));
  if (!own_.empty()) co_await receive_early();
  co_return true;
}

void engine::attempt_failed(std::error_code error) {
  const close_reason failed{.error = error};
  close_reason& reason = reason_.change();
  reason = stopped() ? stop_reason() : failed;
  reason.diagnostics = std::move(*diagnostics_);
  if (!reason.normal())
    reason.diagnostics.message = connect_failure(error, reason.diagnostics, *options_, target_.url);
  diagnostics_.reset();
  end_connection();
}

// For a callback of a new connection: what the last one left goes out, even while it waits.
asio::awaitable<void> engine::meanwhile_sending(asio::awaitable<void> callback) {
  post_on(strand_, [self = shared_from_this()] { self->pump(); });
  return callback;
}

// The connection has ended, or has to.
void engine::leave() {
  if (ended_ && close_.open()) close_.end(write_error_, false);  // `pump_failed` could not
  reason_.change() = stopped() && !ended_ ? stop_reason() : close_.reason();
  explain_end();
  end_connection();
}

// Nothing of the connection before is left.
void engine::begin_connection() {
  set(phase::connecting);
  ++tries_;
  stream_open_ = ended_ = dead_ = discarding_ = congested_ = drained_ = read_in_place_ = false;
  write_error_ = {};
  armed_[0] = armed_[1] = false;
  diagnostics_ = std::make_unique<wsx::diagnostics>();
  assembler_.reset();
  close_ = {};
  own_.release();
  staged_check_ = {};
}

void engine::end_connection() {
  set(phase::pausing);
  const bool late = deadline_hit_;
  disarm_timer();
  if (stream_) {
    if (!stopped() && !write_error_ && !late) stream_->shutdown();
    stream_->close();
    stream_.reset();
  }
  ++connection_number_;  // waits that are still under way are of the past
  ended_ = true;
  notifier_.close();
  own_.release();
  outbox_.count_written();
  tell_written();
  fail_flushes_of_replies();
  outbox_.reset(options_->drop_unsent_on_disconnect, connection_number_ + 1);
  replies_dropped_.store(outbox_.staged_dropped(), std::memory_order_relaxed);
  tell_written();
  if (options_->drop_unsent_on_disconnect) fail_sends(errc::connection_dropped);
}

// A first attempt that fails is the business of whoever called `connect`, unless the handler has
// been given it.
bool engine::give_up_first(bool opened) {
  const bool handed_on = options_->handle_first_failure && !connect_canceled_;
  if (opened || opened_once_ || stopped() || final_ || handed_on) return false;
  tries_ = 0;
  set(phase::idle);
  const bool canceled = std::exchange(connect_canceled_, false);
  connected(canceled ? asio::error::operation_aborted : reason_->error);
  return true;
}

asio::awaitable<disconnect_decision> engine::consult(bool opened) {
  const auto uptime = opened ? clock::now() - opened_at_ : clock::duration::zero();
  const std::size_t attempt = opened ? 1 : tries_ + (opened_once_ ? 1 : 0);
  const disconnect what{
      .reason = *reason_, .attempt = attempt, .connection = info_, .uptime = uptime};
  try {
    co_return co_await handler_->handle_disconnect(*this, what);
  } catch (...) {
    callback_threw(std::current_exception());
  }
  co_return wsx::stop();
}

asio::awaitable<void> engine::pause(clock::duration delay) {
  // Even then: a handler that reconnects at once to what fails at once must leave others a turn.
  if (delay <= clock::duration::zero()) {
    co_await asio::post(strand_, asio::use_awaitable);
    co_return;
  }
  arm_deadline(delay);
  while (!interrupted()) {
    if (!wake_.take_notification()) co_await wake_.wait();
  }
  disarm_timer();
}

asio::awaitable<void> engine::finish() {
  explain();
  asio::awaitable<void> waiting;
  if (!muted_.load(std::memory_order_relaxed)) waiting = handler_->terminate(*this, *reason_);
  if (waiting.valid()) co_await std::move(waiting);
  settle();
}

close_reason engine::aborted() {
  close_reason reason;
  reason.origin = close_origin::local;
  reason.error = errc::aborted;
  return reason;
}

close_reason engine::stop_reason() const {
  return stop_in_order_ ? close_reason{.origin = close_origin::local} : aborted();
}

// Everybody who waits is told.
void engine::settle() {
  set(phase::ended);
  mailbox_.close();
  const auto attached = std::exchange(attachments_, {});
  for (const auto& each : *attached) each->cancel();
  explain();
  const auto error = end_error();
  const auto unopened = make_error_code(stopped() ? errc::aborted : errc::closing);
  connected(error ? error : unopened);
  fail_sends(unsent_error());
  on_closed_.complete_all(reason_->error);
  on_ended_.complete_all(error, *reason_);
  release_handler();
}

// What became of frames that wait when the client ends.
std::error_code engine::unsent_error() const noexcept {
  return reason_->error == errc::aborted ? errc::aborted : errc::connection_dropped;
}

std::error_code engine::end_error() const noexcept {
  if (reason_->normal()) return {};
  return reason_->error ? reason_->error : make_error_code(errc::closed_abnormally);
}

}  // namespace wsx::detail
