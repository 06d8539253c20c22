#include "failure_text.hpp"

#include <wsx/detail/cancelable.hpp>
#include <wsx/detail/engine.hpp>
#include <wsx/error.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>

#include <algorithm>
#include <new>
#include <utility>

// What a client can be asked for from outside.

namespace wsx::detail {

engine::engine(asio::any_io_executor executor, wsx::options options, stream_factory make,
               std::unique_ptr<any_handler> port)
    : context_hook(executor),
      strand_(as_strand(std::move(executor))),
      options_(share_options(std::move(options))),
      make_stream_(make),
      settings_(std::make_shared<transport_settings>()),
      handler_(std::move(port)),
      session_(*this),
      mailbox_(options_->mailbox_size),
      timer_(strand_.get_inner_executor()),
      outbox_(options_->max_reply_bytes),
      notifier_(strand_) {
  settings_->tls = {options_, &options_->tls};
}

engine::~engine() = default;

void engine::connect(ticket t, request target, wsx::diagnostics* details,
                     completion<std::error_code> done) {
  operation_memory* const memory = done.memory();
  auto start = [self = shared_from_this(), t, target = std::move(target), details,
                done = std::move(done)]() mutable {
    if (details) *details = {};
    if (const auto error = self->not_idle(); error != errc{}) {
      if (details) details->message = connect_failure(error, {}, *self->options_, target.url);
      return done(error);
    }
    self->set(phase::connecting);
    self->target_ = std::move(target);
    self->target_.url.shrink_to_fit();  // it is kept
    self->connect_details_ = details;
    self->on_connected_.add(t, std::move(done));
    try {
      self->launch();
    } catch (...) {
      self->not_launched();
    }
  };
  post_on(strand_, std::move(start), memory);
}

errc engine::not_idle() const noexcept {
  if (stopped()) return errc::aborted;
  return now() == phase::idle ? errc{} : errc::already_started;
}

// The cancellation slot has memory of its own, which a client that rests does without.
void engine::launch() {
  auto self = shared_from_this();
  auto ended = [self](std::exception_ptr what) {
    if (self->resting_) self->interrupt_.slot().clear();
    if (!what) return;
    self->crashed(std::move(what));
    self->settle();
  };
  asio::co_spawn(strand_, run(std::move(self)),
                 asio::bind_cancellation_slot(interrupt_.slot(), std::move(ended)));
}

// There is no memory for the attempt: another one is possible.
void engine::not_launched() {
  reason_.change() = {.error = errc::internal_failure, .exception = std::current_exception()};
  set(phase::idle);
  connected(errc::internal_failure);
}

void engine::connected(std::error_code error) {
  if (on_connected_.empty()) return;
  if (connect_details_ != nullptr && error) {
    *connect_details_ = reason_->diagnostics;
    // After a normal end the reason has no message, but connecting has failed.
    auto& message = connect_details_->message;
    if (message.empty())
      message = connect_failure(error, *connect_details_, *options_, target_.url);
  }
  connect_details_ = nullptr;
  on_connected_.complete_all(error);
}

// Something within the client threw: memory ran out, or the system has no random numbers.
void engine::crashed(std::exception_ptr what) {
  reason_.change() = {.error = errc::internal_failure, .exception = std::move(what)};
  explain_end();
  if (stream_) end_connection();
}

// Says how the connection ended that was open.
void engine::explain_end() noexcept {
  try {
    auto& d = reason_.change().diagnostics;
    d.stage = connect_stage::open;
    if (url to; d.host.empty() && !parse_url(info_.url, to)) d.host = to.host_and_port();
  } catch (const std::bad_alloc&) {}
  explain();
}

// Says how it ended, unless that has been said: not while memory is out, and `system_error` then
// has the error's own text.
void engine::explain() noexcept {
  if (reason_->normal() || !reason_->diagnostics.message.empty()) return;
  try {
    reason_.change().diagnostics.message = end_of_connection(*reason_, *options_);
  } catch (const std::bad_alloc&) {}
}

void engine::close(ticket t, protocol::close_payload how, completion<std::error_code> done) {
  if (how.code) {
    if (const auto error = protocol::check_close(*how.code, how.reason))
      return done.complete_immediately(error);
  }
  operation_memory* const memory = done.memory();
  auto begin = [self = shared_from_this(), t, how = std::move(how),
                done = std::move(done)]() mutable {
    const phase p = self->now();
    if (p == phase::idle || p == phase::ended) return done({});
    self->final_ = true;
    self->on_closed_.add(t, std::move(done));
    using enum protocol::close_order;
    if (p == phase::open) self->say_close(self->close_.start(std::move(how)), after_queues);
    // Between connections there is nobody to close with: the client just ends, in order.
    constexpr bool in_order = true;
    if (p != phase::open && p != phase::closing) self->stop(in_order);
    self->wake();
  };
  post_on(strand_, std::move(begin), memory);
}

void engine::abort() {
  post_on(strand_, [self = shared_from_this()] {
    self->final_ = true;
    self->stop(false);
  });
}

void engine::kill() noexcept {
  muted_.store(true, std::memory_order_relaxed);
  if (now() == phase::ended) return handler_.reset();
  try {
    dispatch_on(strand_, [self = shared_from_this()] {
      self->disowned_ = true;
      self->stop(false);
      self->release_handler();
    });
  } catch (const std::bad_alloc&) {  // it ends when something else wakes it, and calls nobody
  }
}

void engine::disown() noexcept {
  if (now() == phase::ended) return handler_.reset();
  try {
    dispatch_on(strand_, [self = shared_from_this()] {
      self->disowned_ = true;
      self->release_handler();
    });
  } catch (const std::bad_alloc&) {  // the handler goes with the engine then, wherever that is
  }
}

// On the strand, where it was called: whoever holds the engine longer, as a sender does, may let go
// of it on any thread.
void engine::release_handler() noexcept {
  if (disowned_ && now() == phase::ended) handler_.reset();
}

// Ends as soon as possible.
void engine::stop(bool in_order) {
  stop_ = true;
  stop_in_order_ = in_order;
  if (stream_) stream_->close();
  interrupt_.emit(asio::cancellation_type::terminal);
  wake();
  if (now() != phase::idle) return;
  reason_.change() = stop_reason();  // nothing runs that could end
  settle();
}

void engine::join(ticket t, completion<std::error_code, close_reason> done) {
  operation_memory* const memory = done.memory();
  auto begin = [self = shared_from_this(), t, done = std::move(done)]() mutable {
    if (self->now() == phase::ended) return done(self->end_error(), *self->reason_);
    self->on_ended_.add(t, std::move(done));
  };
  post_on(strand_, std::move(begin), memory);
}

// A canceled wait is over for whoever waited; what it waited for goes on, but a connect, which
// nobody else waits for.
void engine::cancel(ticket t) {
  post_on(strand_, [self = shared_from_this(), t] {
    const std::error_code canceled = asio::error::operation_aborted;
    if (self->on_connected_.has(t)) self->cancel_connect();
    self->on_closed_.complete(t, canceled);
    self->on_ended_.complete(t, canceled, {});
    self->on_flushed_.complete(t, canceled);
    std::erase_if(self->flush_marks_, [t](const flush_mark& mark) { return mark.number == t; });
    for (const auto& channel : self->channels_) {
      if (channel->number == t) self->cancel_send(*channel);
    }
    self->wrote();
  });
}

void engine::cancel_connect() {
  if (opened_once_) {  // `init` is under way
    connected(asio::error::operation_aborted);
    return stop(false);
  }
  connect_canceled_ = true;
  if (stream_) stream_->close();
  interrupt_.emit(asio::cancellation_type::terminal);
  wake();
}

// A frame that was begun must be ended: RFC 6455 has no way to take it back.
void engine::cancel_send(send_channel& channel) {
  if (!channel.on_written || !channel.waiting || channel.waiting->begun) return;
  channel.waiting.reset();
  // Whoever flushes waits for what is before it only.
  const std::uint64_t last = channel.written + channel.outstanding();
  for (auto& mark : flush_marks_) {
    for (auto& stretch : mark.queued) {
      if (stretch.source.get() == &channel) stretch.until = std::min(stretch.until, last);
    }
  }
  channel.unblock();
  channel.on_written(asio::error::operation_aborted);
}

std::error_code engine::post(std::unique_ptr<mail> message) {
  if (now() == phase::ended) return errc::not_connected;
  if (!mailbox_.push(std::move(message))) return errc::mailbox_full;
  wake_for_mail();
  return {};
}

// What the user has asked to be told is not lost to a burst of other messages.
void engine::notify(std::unique_ptr<mail> message) {
  constexpr bool even_if_full = true;
  if (now() != phase::ended && mailbox_.push(std::move(message), even_if_full)) wake_for_mail();
}

void engine::wake_for_mail() {
  if (mail_scheduled_.exchange(true, std::memory_order_acq_rel)) return;
  auto look = [self = shared_from_this()] {
    self->mail_scheduled_.exchange(false, std::memory_order_acq_rel);
    if (self->now() == phase::ended) self->mailbox_.close();  // it came too late
    self->wake();
  };
  try {
    post_on(strand_, std::move(look));
  } catch (...) {  // no memory: the message is here, and who brings the next one wakes for it, too
    mail_scheduled_.store(false, std::memory_order_release);
  }
}

// The execution context ends: nobody will be called any more.
void engine::drop_handlers() noexcept {
  const auto self = weak_from_this().lock();
  if (!self) return;
  connect_details_ = nullptr;
  on_connected_.drop();
  on_closed_.drop();
  on_ended_.drop();
  on_flushed_.drop();
  for (const auto& channel : channels_) auto unwritten = std::move(channel->on_written);
  const auto attached = std::exchange(attachments_, {});
  mailbox_.close();
  wake_.drop();
}

wsx::stats engine::stats() const noexcept {
  const auto read = [](const counter& c) { return c.load(std::memory_order_relaxed); };
  return {.messages_received = read(messages_received_),
          .bytes_received = read(bytes_received_),
          .frames_sent = read(frames_sent_),
          .bytes_sent = read(bytes_sent_),
          .reads = read(reads_),
          .writes = read(writes_),
          .connects = read(connects_),
          .replies_dropped = read(replies_dropped_),
          .latency = std::chrono::nanoseconds(read(latency_))};
}

}  // namespace wsx::detail
