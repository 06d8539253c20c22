#include "lifecycle.hpp"

#include "any_phase_mail.hpp"
#include "engine.hpp"
#include "handler_changes.hpp"
#include "heartbeat_mail.hpp"
#include "suspension.hpp"
#include "system_requests.hpp"

#include <wsx/error.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <new>
#include <utility>

// The life of a client: one connection after the other, until it ends.

namespace wsx::detail {

bool lifecycle::stopped() const noexcept {
  return owner_.stopped();
}

void lifecycle::connect(request target) {
  target_ = std::move(target);
  target_.url.shrink_to_fit();  // it is stored
  enter(life_state::dialing);
  try {
    launch();
  } catch (...) {  // no memory for the attempt: another one is possible
    ending_.client_ended(ending::crashed(std::current_exception()), *parts_.options);
    enter(life_state::idle);
  }
}

// The cancellation slot has its own memory, which is freed while the client rests.
void lifecycle::launch() {
  auto self = owner_.shared_from_this();
  auto ended = [self, this](std::exception_ptr what) {
    if (resting_) callback_.clear();
    if (!what) return;
    crashed(std::move(what));
    complete_waiters();
    enter(life_state::ended);
  };
  asio::co_spawn(parts_.serial, run(std::move(self)),
                 asio::bind_cancellation_slot(callback_.slot(), std::move(ended)));
}

asio::awaitable<void> lifecycle::run(std::shared_ptr<engine> self) {
  // A stop interrupts what a callback waits for, not this coroutine.
  co_await asio::this_coro::throw_if_cancelled(false);
  lifecycle& life = self->life();
  for (;;) {
    outcome how{};
    try {
      switch (life.state_) {
        case life_state::dialing: how = co_await life.dial(); break;
        case life_state::greeting: how = co_await life.greet(); break;
        case life_state::open: how = co_await life.receive(); break;
        case life_state::asking: how = co_await life.ask(); break;
        case life_state::pausing: how = co_await life.pause(); break;
        case life_state::terminating: how = co_await life.terminate(); break;
        case life_state::idle:
        case life_state::ended: co_return;
      }
    } catch (...) {
      if (life.state_ == life_state::terminating) throw;
      how = life.crashed(std::current_exception());
    }
    if (how == outcome::resting) co_return;
    life.enter(next_state(life.state_, how));
  }
}

void lifecycle::enter(life_state next) {
  state_ = next;
  publish();
  if (next != life_state::idle && next != life_state::ended) return;
  parts_.time.cancel();
  if (next == life_state::ended) {
    system_requests(owner_).run_all();
    return owner_.life_over();
  }
  // `connect` may be called again.
  attempts_ = 0;
  failures_.clear();
  const bool canceled = std::exchange(connect_canceled_, false);
  std::error_code error = ending_.reason().error;
  if (canceled) error = asio::error::operation_aborted;
  parts_.complete_connect(error, ending_, target_.url);
  handler_changes(owner_).make();  // they can't wait for a callback to end
  system_requests(owner_).run_all();
}

// In its own coroutine, so that the handler can be called meanwhile.
asio::awaitable<outcome> lifecycle::dial() {
  ++attempts_;
  ++open_.number;
  open_.since = parts_.time.now();
  publish();
  if (stopped()) co_return attempt_failed(errc::aborted);
  parts_.events.tell_attempt(owner_, attempts_, target_.url);
  auto self = owner_.shared_from_this();
  dialer_ =
      std::make_shared<dialer>(*parts_.options, target_, attempts_, parts_.time, parts_.transports);
  if (connect_canceled_) dialer_->interrupt(asio::error::operation_aborted);
  auto through = [self, this, attempt = dialer_](const std::exception_ptr& what,
                                                 std::error_code error) {
    attempt->ended(error, what);
    wake_.notify();
  };
  auto opening = dialer_->open(self, parts_.make_stream, parts_.share_transport_settings());
  asio::co_spawn(parts_.serial, std::move(opening),
                 asio::bind_cancellation_slot(dialer_->slot(), std::move(through)));
  while (!dialer_->result()) {
    if (threw_) dialer_->interrupt(errc::handler_failed);
    co_await wait_for_news(wake_, parts_.messages, owner_, connect_canceled_);
  }
  std::error_code failed = *dialer_->result();
  // An interruption may have arrived after the attempt ended.
  if (!failed && stopped()) failed = errc::aborted;
  if (!failed && connect_canceled_) failed = asio::error::operation_aborted;
  if (threw_) {
    clean_up();
    parts_.events.tell(owner_, event::attempt_failed{attempts_, ending_.reason()});
    co_return outcome::enough;
  }
  if (failed) co_return attempt_failed(failed);
  const auto now = parts_.time.now();
  dialed opened = dialer_->take();
  open_.transport = std::make_unique<link>(opened, parts_, owner_, parts_.senders.outbox(), now);
  parts_.release_transport_settings();
  dialer_.reset();
  open_.info = std::move(opened.info);
  open_.info.attempt = std::exchange(attempts_, 0);
  open_.since = now;
  ending_.clear();
  parts_.counts.connects.add(1);
  open_.info.number = static_cast<std::size_t>(parts_.counts.connects.value());
  co_return outcome::done;
}

outcome lifecycle::attempt_failed(std::error_code error) {
  close_reason how{.error = error};
  if (stopped()) how = stop_reason();
  diagnostics known;
  if (dialer_) known = std::move(dialer_->diagnostics());
  ending_.attempt_failed(std::move(how), std::move(known), *parts_.options,
                         dialer_ ? dialer_->url() : target_.url);
  clean_up();
  parts_.events.tell(owner_, event::attempt_failed{attempts_, ending_.reason()});
  if (threw_) return outcome::enough;
  if (stopped()) return outcome::stopped;
  return gives_up() ? outcome::gave_up : outcome::failed;
}

// Calls the handler for a new connection. While one of its callbacks waits, frames that the last
// connection left are sent.
asio::awaitable<outcome> lifecycle::greet() {
  parts_.events.tell(owner_, event::connected{open_.info});
  any_handler& handler = *parts_.handler;
  const std::shared_ptr<strand_listener> who = owner_.shared_from_this();
  const auto pump_meanwhile = [&] { post_on(parts_.serial, [who] { who->on_notified(); }); };
  const bool first = open_.transport->delivers() && !std::exchange(opened_once_, true);
  if (owner_.suspended()) pump_meanwhile();
  co_await wait_for_resume(wake_, owner_, connect_canceled_);
  asio::awaitable<void> init;
  if (first && open_.transport->delivers()) {
    start_heartbeat(owner_);
    start_rotations(owner_);
    init = handler.init(owner_, open_.info);
  } else if (first) {
    opened_once_ = false;  // the next connection is the first
  }
  if (init.valid()) {
    pump_meanwhile();
    co_await std::move(init);
  }
  asio::awaitable<void> greeting;
  const bool greeted = open_.transport->delivers();
  if (greeted) greeting = handler.handle_connect(owner_, open_.info);
  if (greeting.valid()) {
    pump_meanwhile();
    co_await std::move(greeting);
  }
  // If it throws, `connect` fails at the end. If it closes, `connect` succeeds, since the handler
  // has been called.
  const bool threw = open_.transport->connection().reason().exception != nullptr;
  if (greeted && !threw && !stopped()) parts_.complete_connect({}, ending_, target_.url);
  pump();  // frames that it has sent go first
  open_.transport->take_early();
  co_return outcome::done;
}

// Takes one turn after the other, and awaits callbacks that are coroutines, until the connection is
// over.
asio::awaitable<outcome> lifecycle::receive() {
  using enum link::step;
  any_handler& handler = *parts_.handler;
  const std::shared_ptr<strand_listener> who = owner_.shared_from_this();
  for (;;) {
    link::step next = open_.transport->turn(who);
    publish();
    if (next == await_mail) {
      const auto message = open_.transport->pop_mail();
      co_await message->deliver_async(owner_);
      next = open_.transport->read_turn(who);
      publish();
    }
    if (next == await_input) {
      co_await handler.receive_async(owner_, open_.transport->connection());
      next = open_.transport->after_turn(who);
      publish();
    }
    if (open_.rotates()) {
      next = co_await open_.turn_of_other(next);
      if (intent_ == intent::none && !stopped() && open_.replace()) {
        publish();
        parts_.senders.tell();
        continue;
      }
    }
    if (next == end) break;
    if (next == yield) co_await asio::post(parts_.serial, asio::use_awaitable);
    if (next != rest || wake_.take_notification()) continue;
    if (!handler.receives_async() && !open_.rotates()) {
      wake_.release();
      resting_ = true;
      co_return outcome::resting;
    }
    co_await wake_.wait();
  }
  finish_connection();
  if (stopped() || told_) co_return outcome::stopped;
  // WebSockex does not call it after a callback has raised, either.
  const bool asks =
      parts_.options->reconnect_after_exception || ending_.reason().error != errc::handler_failed;
  co_return asks ? outcome::done : outcome::enough;
}

void lifecycle::wake() {
  if (std::exchange(resting_, false)) {
    work();
  } else {
    wake_.notify();
  }
}

// There may be something to do for the client that rests. `run` does what is not possible here.
void lifecycle::work() {
  const std::shared_ptr<strand_listener> who = owner_.shared_from_this();
  try {
    for (;;) {
      if (open_.rotates() && !stopped()) return launch();
      const link::step next = open_.transport->turn(who);
      publish();
      if (next == link::step::again) continue;
      if (next == link::step::rest && wake_.take_notification()) continue;
      if (next == link::step::yield) post_on(parts_.serial, [who] { who->on_work(); });
      resting_ = next == link::step::yield || next == link::step::rest;
      if (resting_) return;
      if (!owner_.gone()) return launch();
      // No handler may be called, so nothing that follows can wait.
      finish_connection();
      complete_waiters();
      return enter(life_state::ended);
    }
  } catch (...) {
    const auto what = std::current_exception();
    try {
      enter(next_state(state_, crashed(what)));
      launch();
    } catch (const std::bad_alloc&) {  // no memory even for that: no operation is left waiting
      complete_waiters();
      enter(life_state::ended);
    }
  }
}

// The connection is over, or must be.
void lifecycle::finish_connection() {
  auto& connection = open_.transport->connection();
  connection.conclude();
  const bool cut = stopped() && !connection.over();
  ending_.connection_ended(cut ? stop_reason() : connection.reason(), *parts_.options,
                           open_.info.url);
  clean_up();
  parts_.events.tell_disconnected(owner_, ending_.reason(), open_.since, open_.info.number);
}

// Nothing of a connection or attempt is left for the next one. Waiting operations are completed
// last.
void lifecycle::clean_up() {
  open_.end_rotation(false);
  if (open_.transport) open_.transport->shut_down();
  if (dialer_) dialer_->shut_down();
  open_.transport.reset();
  dialer_.reset();
  ++open_.number;
  publish();
  parts_.time.cancel();
  parts_.door.notifier().disarm();
  parts_.senders.connection_ended(parts_.options->drop_unsent_on_disconnect, open_.number + 1);
  parts_.count_dropped();
  parts_.senders.tell();
}

// The client itself threw. An open connection is lost by that.
outcome lifecycle::crashed(std::exception_ptr what) {
  owner_.answer_to(nullptr);
  const bool dialing = state_ == life_state::dialing;
  if (dialing) {
    ending_.attempt_failed(ending::crashed(std::move(what)), {}, *parts_.options, target_.url);
  } else {
    ending_.connection_ended(ending::crashed(std::move(what)), *parts_.options, open_.info.url);
  }
  const bool was_open = open_.transport != nullptr;
  if (was_open || dialing) clean_up();
  if (was_open)
    parts_.events.tell_disconnected(owner_, ending_.reason(), open_.since, open_.info.number);
  if (dialing) parts_.events.tell(owner_, event::attempt_failed{attempts_, ending_.reason()});
  if (stopped()) return outcome::stopped;
  return dialing && gives_up() ? outcome::gave_up : outcome::failed;
}

// The handler decides.
asio::awaitable<outcome> lifecycle::ask() {
  const auto now = parts_.time.now();
  const auto lasted = now - std::exchange(open_.since, now);
  const auto uptime = attempts_ == 0 ? lasted : deadline::duration::zero();
  failures_.add(now, uptime, parts_.options->reconnect);
  const close_reason reason = ending_.reason();  // the handler may keep a reference while it waits
  const disconnect what{reason, failures_.count(), open_.info, uptime};
  // Without `handle_disconnect` this is not changed.
  auto decision = decide(parts_.options->reconnect, what, failures_.lasts(now));
  do {
    co_await deliver_any_phase(wake_, parts_.messages, owner_, connect_canceled_);
    if (stopped() || threw_ || connect_canceled_) break;
    no_answer_ = false;
    owner_.answer_to(&decision);
    auto asked = parts_.handler->handle_disconnect(owner_, what);
    if (asked.valid()) co_await std::move(asked);
    owner_.answer_to(nullptr);
  } while (no_answer_);
  if (gives_up()) co_return outcome::gave_up;  // canceled while the handler was deciding
  if (stopped()) {
    ending_.client_ended(stop_reason(), *parts_.options);
    co_return outcome::stopped;
  }
  if (threw_ || intent_ != intent::none || !decision.reconnects()) co_return outcome::enough;
  if (decision.target()) target_ = std::move(*decision.target());
  if (decision.delay() > deadline::duration::zero())
    parts_.time.set(deadline::of::attempt, parts_.time.after(decision.delay()));
  parts_.events.tell(owner_, event::reconnect_scheduled{decision.delay(), attempts_ + 1});
  co_return outcome::done;
}

asio::awaitable<outcome> lifecycle::pause() {
  constexpr auto attempt = deadline::of::attempt;
  if (!parts_.time.runs(attempt)) {
    // A handler that reconnects at once to a server that fails at once must leave others a turn.
    co_await asio::post(parts_.serial, asio::use_awaitable);
  }
  parts_.time.arm(owner_.shared_from_this());
  const auto waits = [&] { return parts_.time.runs(attempt) || owner_.suspended(); };
  while (waits() && !stopped() && !connect_canceled_ && !threw_)
    co_await wait_for_news(wake_, parts_.messages, owner_, connect_canceled_);
  parts_.time.cancel();
  if (!stopped()) co_return threw_ ? outcome::enough : outcome::done;
  ending_.client_ended(stop_reason(), *parts_.options);
  co_return outcome::stopped;
}

asio::awaitable<outcome> lifecycle::terminate() {
  constexpr bool canceled = false;
  if (owner_.suspended()) co_await wait_for_resume(wake_, owner_, canceled);
  parts_.events.tell(owner_, event::terminated{ending_.reason()});
  asio::awaitable<void> waiting;
  if (!owner_.gone()) waiting = parts_.handler->terminate(owner_, ending_.reason());
  if (waiting.valid()) {
    // Operations that wait for the end don't wait longer for this than for a server that closes.
    parts_.time.set(deadline::of::callback, parts_.time.after(parts_.options->close_timeout));
    parts_.time.arm(owner_.shared_from_this());
    co_await std::move(waiting);
  }
  complete_waiters();
  co_return outcome::done;
}

}  // namespace wsx::detail
