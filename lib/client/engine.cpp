#include "engine.hpp"

#include "action_steps.hpp"
#include "failure_text.hpp"
#include "handler_changes.hpp"
#include "signal_watch.hpp"
#include "suspension.hpp"
#include "system_requests.hpp"
#include "timer_state.hpp"

#include <wsx/error.hpp>
#include <wsx/log.hpp>

#include <asio/error.hpp>

#include <new>
#include <utility>

// Operations that any thread may call: they are posted to the strand.

namespace wsx::detail {

engine::engine(const asio::any_io_executor& executor, wsx::options o, stream_factory make,
               std::unique_ptr<any_handler> h)
    : client_parts(executor, std::move(o), make, std::move(h)),
      context_hook(executor),
      callback_context(*this),
      life_(*this, *this) {
  parts().events.handler_set(*this);
}

engine::~engine() = default;

void engine::connect(ticket t, request target, wsx::diagnostics* details,
                     completion<std::error_code> done, std::unique_ptr<connected_socket> socket) {
  operation_memory* const memory = done.memory();
  auto start = [self = shared_from_this(), t, target = std::move(target), details,
                done = std::move(done), socket = std::move(socket)]() mutable {
    if (details) *details = {};
    if (const auto error = self->not_idle(); error != errc{}) {
      if (details)
        details->message = connect_failure(error, {}, *self->parts().options, target.url);
      return done(error);
    }
    self->parts().waiting.add_connect(t, details, std::move(done));
    if (socket) self->parts().share_transport_settings()->adopted = std::move(socket);
    self->life_.connect(std::move(target));
  };
  post_on(serial(), std::move(start), memory);
}

errc engine::not_idle() const noexcept {
  if (stopped()) return errc::aborted;
  return state().current_phase() == phase::idle ? errc{} : errc::already_started;
}

void engine::close(ticket t, protocol::close_payload how, completion<std::error_code> done) {
  if (how.code) {
    if (const auto error = protocol::check_close(*how.code, how.reason))
      return done.complete_immediately(error);
  }
  operation_memory* const memory = done.memory();
  auto begin = [self = shared_from_this(), t, how = std::move(how),
                done = std::move(done)]() mutable {
    const auto now = self->state();
    if (now.current_phase() == phase::idle || now.ended()) return done({});
    self->parts().waiting.add_close(t, std::move(done));
    suspension(*self).lift();
    self->life_.close(std::move(how));
  };
  post_on(serial(), std::move(begin), memory);
}

void engine::abort() {
  post_on(serial(), [self = shared_from_this()] { self->life_.abort(); });
}

template <class Call>
void engine::owner_gone(Call call) noexcept {
  if (state().current_phase() == phase::over) return release_handler();
  try {
    dispatch_unless_telling(*this, serial(), [self = shared_from_this(), call] {
      self->disowned_ = true;
      call(*self);
      if (self->state().current_phase() == phase::over) self->life_over();
    });
  } catch (const std::bad_alloc&) {
    // The client ends when something else wakes it, and its handler is destroyed with the engine.
  }
}

void engine::kill() noexcept {
  gone_.store(true, std::memory_order_relaxed);
  stop();
  owner_gone([](engine& e) { e.life_.abort(); });
}

void engine::disown() noexcept {
  owner_gone([](engine&) {});
}

// On the strand, where the handler was called: the last owner of the engine may be a sender on any
// thread.
void engine::life_over() noexcept {
  const bool used = (use_.load(std::memory_order_acquire) & in_use) != 0;
  if (disowned_ && !used) parts().handler.reset();
}

// The client has ended, so nothing but a `handler_use` on the strand can use the handler meanwhile.
void engine::release_handler() noexcept {
  const bool used = (use_.fetch_or(released, std::memory_order_acq_rel) & in_use) != 0;
  if (!used) parts().handler.reset();
}

void engine::join(ticket t, completion<std::error_code, close_reason> done) {
  operation_memory* const memory = done.memory();
  auto begin = [self = shared_from_this(), t, done = std::move(done)]() mutable {
    const ending& end = self->life_.how_it_ended();
    if (self->state().ended()) return done(end.error(), end.reason());
    self->parts().waiting.add_join(t, std::move(done));
  };
  post_on(serial(), std::move(begin), memory);
}

// Completes the caller's wait. What it waited for goes on, except for a connect, which has no other
// caller.
void engine::cancel(ticket t) {
  post_on(serial(), [self = shared_from_this(), t] {
    if (self->parts().waiting.connects(t)) self->life_.cancel_connect();
    self->parts().waiting.cancel(t, asio::error::operation_aborted);
    self->parts().senders.cancel(t);
    handler_changes(*self).cancel(t);
    system_requests(*self).cancel(t);
    self->after_write();
  });
}

// Frames have been written, dropped or withdrawn.
void engine::after_write() {
  link* const open = life_.open().transport.get();
  if (open == nullptr) {
    parts().senders.after_write();
    return;
  }
  open->after_write();
  if (!open->connection().open()) life_.pump();
}

// Mail.

std::error_code engine::post(std::unique_ptr<mail> message, bool urgent) {
  if (state().ended()) return errc::not_connected;
  if (!message) return errc::message_not_taken;
  if (const auto error = parts().messages.post(std::move(message), urgent)) {
    parts().events.refused(*this, event::queue_full::of::mailbox);
    return error;
  }
  tell_of_mail();
  return {};
}

void engine::tell_of_mail() {
  if (!parts().messages.must_tell()) return;
  auto look = [self = shared_from_this()] {
    self->parts().messages.reset_told();
    if (self->state().ended()) self->parts().messages.close();  // it came too late
    self->life_.wake();
  };
  try {
    post_on(serial(), std::move(look));
  } catch (...) {  // no memory: the message is queued, and the next one notifies for it, too
    parts().messages.reset_told();
  }
}

timer engine::post_after(std::chrono::steady_clock::duration delay, std::unique_ptr<mail> message) {
  auto state =
      std::make_shared<timer_state>(serial(), parts().time.clock(), delay, std::move(message));
  timer handle(weak_from_this(), state);
  post_on(serial(), [self = shared_from_this(), state = std::move(state)] {
    if (self->state().ended() || !state->message) return;
    self->parts().messages.add(state);
    state->clock.async_wait([self, state](std::error_code) {
      self->parts().messages.remove(state);
      constexpr bool urgent = true;
      if (state->message) self->post(std::move(state->message), urgent);
    });
  });
  return handle;
}

void engine::cancel_timer(std::shared_ptr<timer_state> timer) {
  post_on(serial(), [timer = std::move(timer)] { timer->cancel(); });
}

void engine::watch_signal(int number, std::function<std::unique_ptr<mail>(int number)> make) {
  auto watch = std::make_shared<signal_watch>(serial(), std::move(make));
  watch->signals.add(number);
  post_on(serial(), [self = shared_from_this(), watch = std::move(watch)] {
    if (self->state().ended()) return;
    self->parts().messages.add(watch);
    self->await_signal(watch);
  });
}

void engine::await_signal(std::shared_ptr<signal_watch> watch) {
  auto& signals = watch->signals;
  signals.async_wait([self = shared_from_this(), watch](std::error_code error, int number) {
    if (error || self->state().ended()) return;
    constexpr bool urgent = true;
    self->post(watch->make(number), urgent);
    self->life_.on_signal();
    self->await_signal(watch);
  });
}

// Events from the layers below.

void engine::on_ready(io_direction direction, std::uint32_t connection, std::error_code) {
  life_.on_ready(direction, connection);
}

void engine::on_notified() {
  life_.pump();
}

void engine::on_time() {
  life_.on_time();
}

// The execution context ends: no handler will be called any more.
void engine::drop_handlers() noexcept {
  const auto self = weak_from_this().lock();
  if (!self) return;
  parts().waiting.drop();
  parts().senders.drop_handlers();
  handler_changes(*this).drop();
  parts().messages.drop();
  life_.drop_handlers();
}

// The callbacks' side.

void callback_context::apply(const action& wanted) {
  static_cast<engine&>(*this).apply_action(wanted);
}

bool engine::apply_action(const action& wanted, std::size_t connection_number) {
  link* const from = life_.open().with_number(connection_number);
  if (from == nullptr) return false;
  from->apply(wanted);
  if (!from->connection().open()) life_.pump();
  return true;
}

void engine::apply_action(const action& wanted) {
  if (link* const open = life_.open().called().transport.get()) {
    open->apply(wanted);
    if (!open->connection().open()) life_.pump();
    return;
  }
  // There is no peer to reply to, or to close with.
  for (action_steps current(wanted); current; current.next()) {
    if (current.closes()) {
      life_.close(current.close());
      return;
    }
    parts().senders.outbox().drop_reply();
    parts().count_dropped();
    log_dropped_reply();
  }
}

void callback_context::failed(std::exception_ptr what) noexcept {
  static_cast<engine&>(*this).life().callback_failed(std::move(what));
}

void callback_context::waits(const asio::cancellation_slot& own) noexcept {
  static_cast<engine&>(*this).life().callback_waits(own);
}

void callback_context::finished() noexcept {
  static_cast<engine&>(*this).life().callback_finished();
}

}  // namespace wsx::detail
