#include <wsx/detail/attachment.hpp>
#include <wsx/detail/engine.hpp>
#include <wsx/error.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>

#include <typeinfo>
#include <utility>

// What a client can be asked for from outside.

namespace wsx::detail {

namespace {

using strand_type = asio::strand<asio::any_io_executor>;

// One strand a client: the executor itself if it is one.
asio::any_io_executor serial(asio::any_io_executor executor) {
  // Not `target`: up to Asio 1.22 it does not look at the type.
  if (executor.target_type() == typeid(strand_type)) return executor;
  return strand_type(std::move(executor));
}

}  // namespace

engine::engine(asio::any_io_executor executor, wsx::options options, stream_factory make,
               std::unique_ptr<handler_port> port)
    : context_hook(executor),
      strand_(serial(std::move(executor))),
      options_(std::move(options)),
      make_stream_(make),
      settings_(std::make_shared<transport_settings>()),
      port_(std::move(port)),
      session_(*this),
      mailbox_(options_.mailbox_size),
      keepalive_(options_.ping_interval, options_.ping_timeout),
      deadline_(strand_),
      keepalive_timer_(strand_),
      outbox_(options_.max_reply_bytes) {
  settings_->tls = options_.tls;
}

engine::~engine() = default;

void engine::connect(ticket t, request target, completion<std::error_code> done) {
  auto start = [self = shared_from_this(), t, target = std::move(target),
                done = std::move(done)]() mutable {
    if (self->stopped()) return done(errc::aborted);
    if (self->now() != phase::idle) return done(errc::already_started);
    self->set(phase::connecting);
    self->target_ = std::move(target);
    self->connect_ticket_ = t;
    self->on_connected_ = std::move(done);
    auto ended = [self](std::exception_ptr what) {
      if (what) self->crashed(std::move(what));
    };
    asio::co_spawn(self->strand_, run(self),
                   asio::bind_cancellation_slot(self->interrupt_.slot(), std::move(ended)));
  };
  asio::post(strand_, std::move(start));
}

// `run` threw: memory ran out, or the system has no random numbers.
void engine::crashed(std::exception_ptr what) {
  reason_ = {};
  reason_.error = errc::handler_failed;
  reason_.exception = std::move(what);
  if (stream_) stream_->close();
  settle();
}

void engine::close(ticket t, protocol::close_payload how, completion<std::error_code> done) {
  auto begin = [self = shared_from_this(), t, how = std::move(how),
                done = std::move(done)]() mutable {
    if (how.code) {
      if (const auto error = protocol::check_close(*how.code, how.reason)) return done(error);
    }
    const phase p = self->now();
    if (p == phase::idle || p == phase::ended) return done(errc::not_connected);
    self->final_ = true;
    self->on_closed_.add(t, std::move(done));
    if (p == phase::open) self->say_close(self->close_.start(std::move(how)), true);
    if (p == phase::connecting) self->stop();
    self->wake_.notify();
  };
  asio::post(strand_, std::move(begin));
}

void engine::abort() {
  asio::post(strand_, [self = shared_from_this()] {
    self->final_ = true;
    self->stop();
  });
}

void engine::kill() {
  muted_.store(true, std::memory_order_relaxed);
  asio::dispatch(strand_, [self = shared_from_this()] { self->stop(); });
}

// Ends as soon as possible.
void engine::stop() {
  stop_ = true;
  if (stream_) stream_->close();
  interrupt_.emit(asio::cancellation_type::terminal);
  wake_.notify();
  if (now() != phase::idle) return;
  reason_ = aborted();  // nothing runs that could end
  settle();
}

void engine::join(ticket t, completion<std::error_code, close_reason> done) {
  asio::post(strand_, [self = shared_from_this(), t, done = std::move(done)]() mutable {
    if (self->now() == phase::ended) return done(self->end_error(), self->reason_);
    self->on_ended_.add(t, std::move(done));
  });
}

// A canceled wait is over for whoever waited; what it waited for goes on, but a connect, which
// nobody else waits for.
void engine::cancel(ticket t) {
  asio::post(strand_, [self = shared_from_this(), t] {
    const std::error_code canceled = asio::error::operation_aborted;
    if (self->connect_ticket_ == t && self->on_connected_) self->cancel_connect();
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
    on_connected_(asio::error::operation_aborted);
    return stop();
  }
  connect_canceled_ = true;
  if (stream_) stream_->close();
  interrupt_.emit(asio::cancellation_type::terminal);
  wake_.notify();
}

// A frame that was begun must be ended: RFC 6455 has no way to take it back.
void engine::cancel_send(send_channel& channel) {
  if (!channel.on_written || !channel.waiting || channel.waiting->begun) return;
  // Whoever flushes waits for it no more than if it were written.
  channel.written += protocol::frame_size(channel.waiting->payload.size());
  channel.waiting.reset();
  channel.check = channel.check_before;
  channel.blocked.store(false, std::memory_order_release);
  channel.on_written(asio::error::operation_aborted);
}

bool engine::post(std::unique_ptr<mail> message) {
  if (now() == phase::ended || !mailbox_.push(std::move(message))) return false;
  if (!mail_scheduled_.exchange(true, std::memory_order_acq_rel)) {
    asio::post(strand_, [self = shared_from_this()] {
      self->mail_scheduled_.exchange(false, std::memory_order_acq_rel);
      self->wake_.notify();
    });
  }
  return true;
}

// The execution context ends: nobody will be called any more.
void engine::drop_handlers() noexcept {
  const auto self = weak_from_this().lock();
  if (!self) return;
  auto connected = std::move(on_connected_);
  on_closed_.drop();
  on_ended_.drop();
  on_flushed_.drop();
  for (const auto& channel : channels_) auto dropped = std::move(channel->on_written);
  const auto attached = std::exchange(attachments_, {});
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
          .latency = std::chrono::nanoseconds(read(latency_))};
}

}  // namespace wsx::detail
