#include "../protocol/frame_queue_push.hpp"

#include <wsx/detail/engine.hpp>
#include <wsx/error.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

// How frames leave: `try_send` and `send` put them where the outbox finds them, `pump` writes.

namespace wsx::detail {

namespace {

// What `pump` writes before it lets the strand read, or another client have its turn.
constexpr std::size_t pump_budget = 1024 * 1024;

// From so many frames on a system call is nothing to what else they cost.
constexpr std::uint64_t burst = 256;

// So often another burst is expected after one: who is woken by its first frame may be too quick to
// see the others.
constexpr std::uint8_t burst_memory = 255;

bool would_block(std::error_code error) noexcept {
  return error == asio::error::would_block || error == asio::error::try_again;
}

// Why what is being caught was thrown. An error of the system says more than that it happened here.
std::error_code thrown_error() {
  try {
    throw;
  } catch (const std::system_error& error) {
    return error.code();
  } catch (...) {
    return errc::internal_failure;
  }
}

}  // namespace

errc engine::not_open(std::uint64_t state) noexcept {
  switch (phase_of(state)) {
    case phase::open: return errc{};
    case phase::closing: return errc::closing;
    default: return errc::not_connected;
  }
}

errc engine::try_send(send_channel& channel, const protocol::outgoing_frame& frame) {
  const std::uint64_t state = state_.load(std::memory_order_acquire);
  if (state != channel.admitted) {
    if (const auto error = admit(channel, state); error != errc{}) return error;
  }
  if (const auto error = channel.check.check(frame); error != errc{}) return error;
  if (!channel.queue.try_push_inline(frame.head, frame.payload)) {
    const bool fits = channel.queue.can_ever_hold(frame.payload.size());
    return fits ? errc::queue_full : errc::message_over_queue;
  }
  channel.commit(frame);
  notifier_.notify();
  return errc{};
}

// For a producer whose last frame was of another state, or whose last `send` had to wait: as long
// as it does, the rest of the channel is the strand's.
errc engine::admit(send_channel& channel, std::uint64_t state) noexcept {
  if (phase_of(state) != phase::open) return not_open(state);
  if (channel.blocked.load(std::memory_order_acquire)) return errc::queue_full;
  channel.see_connection(connection_of(state), options_->drop_unsent_on_disconnect);
  channel.admitted = state;
  return errc{};
}

// A frame that found no room waits behind the queue, where the producer left it.
void engine::send(ticket t, std::shared_ptr<send_channel> channel,
                  const protocol::outgoing_frame& frame, completion<std::error_code> done,
                  std::vector<std::byte> copy) {
  const std::uint64_t state = state_.load(std::memory_order_acquire);
  if (const auto error = not_open(state); error != errc{}) return done.complete_immediately(error);
  if (channel->blocked.exchange(true, std::memory_order_acq_rel))
    return done.complete_immediately(errc::queue_full);
  channel->admitted = send_channel::none;
  channel->see_connection(connection_of(state), options_->drop_unsent_on_disconnect);
  if (const auto error = channel->check.check(frame); error != errc{}) {
    channel->blocked.store(false, std::memory_order_release);
    return done.complete_immediately(error);
  }
  channel->commit_waiting(frame);

  operation_memory* const memory = done.memory();
  auto wait = [self = shared_from_this(), t, channel, frame, state, done = std::move(done),
               copy = std::move(copy)]() mutable {
    channel->on_written = std::move(done);
    channel->number = t;
    channel->waiting = {.head = frame.head, .payload = frame.payload, .copy = std::move(copy)};
    if (self->now() == phase::ended) return self->fail_sends(self->unsent_error());
    if (!self->still_of_use(*channel, state)) channel->drop_waiting();
    self->pump();
    if (channel->waiting_dropped) self->tell_written();
  };
  try {
    dispatch_on(strand_, std::move(wait), memory);
  } catch (...) {  // no memory to ask the strand: nothing waits
    channel->unblock();
    throw;
  }
}

// Whether a frame that waits may go, though the connection that it was meant for may be gone.
bool engine::still_of_use(const send_channel& channel, std::uint64_t state) const noexcept {
  if (connection_of(state) == connection_number_) return true;
  const bool continues = channel.waiting->head.op == opcode::continuation;
  return !options_->drop_unsent_on_disconnect && !(continues && channel.is_cut());
}

// RFC 6455 6.1. On the strand.
errc engine::stage(const protocol::outgoing_frame& frame) {
  if (!close_.open()) return errc::closing;
  if (const auto error = not_open(); error != errc{}) return error;
  if (const auto error = staged_check_.check(frame); error != errc{}) return error;
  if (!outbox_.stage(frame.head, frame.payload)) return errc::queue_full;
  staged_check_.commit(frame);
  notifier_.notify_here();
  return errc{};
}

void engine::on_notified() {
  pump();
}

// Writes what there is, if the transport takes anything. Never throws: who calls it has nobody to
// tell.
void engine::pump() {
  const bool connected = now() == phase::open || now() == phase::closing;
  if (!connected || ended_ || write_error_ || armed_[static_cast<int>(io_direction::write)]) return;
  try {
    write_queued();
  } catch (...) {
    pump_failed(thrown_error());
  }
}

// Until there is nothing more to write, or the transport must be waited for.
void engine::write_queued() {
  for (std::size_t written = 0; written < pump_budget;) {
    if (outbox_.within_divided_message())
      outbox_.bound_divided_message(clock::now(), options_->ping_timeout / 4);
    const bytes_view bytes = outbox_.batch();
    if (outbox_.compressing()) {
      written += protocol::outbox::batch_size;  // so much of a message was taken in
      continue;
    }
    if (bytes.empty()) {
      if (idle()) return;
      continue;
    }
    if (!write_batch(bytes) || write_error_ || ended_) return;
    written += bytes.size();
  }
  post_on(strand_, [self = shared_from_this()] { self->pump(); });
}

// Whether so much has come since there was last nothing to write that ringing was worth saving.
bool engine::bursting() const noexcept {
  return outbox_.frames_encoded() - frames_when_idle_ >= burst;
}

// Whether it has, or is likely to.
bool engine::burst_expected() const noexcept {
  return bursting() || bursts_expected_ > 0;
}

// There is nothing to write: judges what has come since that was last so.
void engine::learn_bursts() noexcept {
  if (bursting()) {
    bursts_expected_ = burst_memory;
  } else if (bursts_expected_ > 0 && outbox_.frames_encoded() != frames_when_idle_) {
    --bursts_expected_;
  }
  frames_when_idle_ = outbox_.frames_encoded();
}

// Nothing is left to write: from now on producers ring. False if one was quicker.
bool engine::idle() {
  learn_bursts();
  notifier_.arm(shared_from_this(), burst_expected());
  if (!outbox_.quiet() && (!outbox_.batch().empty() || outbox_.compressing())) {
    notifier_.suspend();
    return false;
  }
  wrote();  // the outbox may have dropped the rest of a message that a broken connection cut
  reopen_reading();
  return true;
}

// False if there is no point in going on now.
bool engine::write_batch(bytes_view bytes) {
  const io_result result = stream_->write_some(bytes);
  if (result.bytes > 0) {
    add(writes_, 1);
    add(bytes_sent_, result.bytes);
    outbox_.wrote(result.bytes);
    frames_sent_.store(outbox_.frames_encoded(), std::memory_order_relaxed);
    if (outbox_.take_ping_written()) {
      keepalive_.ping_written(clock::now());
      ping_end_ = bytes_sent_.load(std::memory_order_relaxed);
    }
    if (outbox_.close_written()) close_.written();
    wrote();
  }
  if (burst_expected()) notifier_.suspend_many();
  if (result.error && !would_block(result.error)) {
    cannot_write(result.error);
    return false;
  }
  if (result.bytes == bytes.size()) return true;
  arm_wait(io_direction::write);
  return false;
}

// The server may have said why before it went: the reader has some time to find out.
void engine::cannot_write(std::error_code error) {
  if (!write_error_) write_error_ = error;
  if (!has_deadline_) arm_deadline(options_->close_timeout);
  reopen_reading();
}

// Without memory, or random numbers to mask with, nothing can be sent. Perhaps there is not even
// memory for a deadline: then the transport ends at once, which wakes who waits to read. If nobody
// does, because replies wait or a callback does, the client finds it ended when something else
// wakes it.
void engine::pump_failed(std::error_code error) {
  try {
    cannot_write(error);
  } catch (...) {
    ended_ = true;
    stream_->close();
  }
}

void engine::wrote() {
  if (channels_.empty() && flush_marks_.empty()) return;  // there are only callbacks that send
  tell_written();
  drop_retired();
}

// Tells those whose frames have been written, or were dropped because their message was cut.
void engine::tell_written() {
  end_flushes(lost, errc::connection_dropped);
  end_flushes([this](const flush_mark& mark) { return flushed(mark); }, std::error_code());
  for (const auto& channel : channels_) {
    if (!channel->on_written || channel->waiting) continue;
    const bool dropped = std::exchange(channel->waiting_dropped, false);
    if (dropped) {
      channel->unblock();
    } else {
      channel->blocked.store(false, std::memory_order_release);
    }
    channel->on_written(dropped ? make_error_code(errc::connection_dropped) : std::error_code());
  }
}

// Completes the flushes that `ended` is true of. To complete one may throw: it is no longer in the
// list by then.
template <class Ended>
void engine::end_flushes(Ended ended, std::error_code how) {
  for (auto mark = flush_marks_.begin(); mark != flush_marks_.end();) {
    if (!ended(*mark)) {
      ++mark;
      continue;
    }
    const ticket number = mark->number;
    mark = flush_marks_.erase(mark);
    on_flushed_.complete(number, how);
  }
}

// A sender that is gone is forgotten when all of its frames have been written. What it left
// unfinished nobody can finish: RFC 6455 5.4 lets no other message begin before.
void engine::drop_retired() {
  bool unfinished = false;
  std::erase_if(channels_, [&](const auto& channel) {
    if (!channel->retired || channel->outstanding() > 0) return false;
    unfinished = outbox_.detach(channel.get()) || unfinished;
    return true;
  });
  if (unfinished) fail(errc::fragment_out_of_order);
}

std::shared_ptr<send_channel> engine::make_channel() {
  using protocol::payloads;  // what a connection might compress can't be masked beforehand
  const auto form = options_->deflate ? payloads::unmasked : payloads::masked;
  auto channel = std::make_shared<send_channel>(options_->send_queue_size, form);
  if (now() == phase::ended) return channel;
  post_on(strand_, [self = shared_from_this(), channel] {
    self->channels_.push_back(channel);
    self->outbox_.attach(channel);
    self->pump();  // it may hold something already
  });
  return channel;
}

void engine::retire(std::shared_ptr<send_channel> channel) noexcept {
  if (now() == phase::ended) return;
  try {
    post_on(strand_, [self = shared_from_this(), channel = std::move(channel)] {
      channel->retired = true;
      self->pump();  // nobody rings for it any more
      self->wrote();
    });
  } catch (const std::bad_alloc&) {  // it stays as long as the client
  }
}

void engine::flush(ticket t, completion<std::error_code> done) {
  operation_memory* const memory = done.memory();
  auto begin = [self = shared_from_this(), t, done = std::move(done)]() mutable {
    if (const auto error = self->not_open(); error != errc{} && error != errc::closing)
      return done(error);
    flush_mark mark{t, self->outbox_.staged_total(), {}};
    for (const auto& channel : self->channels_) {
      if (const auto left = channel->outstanding(); left > 0)
        mark.queued.push_back({channel, channel->written, channel->written + left});
    }
    self->flush_marks_.push_back(std::move(mark));
    self->on_flushed_.add(t, std::move(done));
    self->pump();
    self->wrote();
  };
  post_on(strand_, std::move(begin), memory);
}

bool engine::flushed(const flush_mark& mark) const {
  if (outbox_.staged_written() < mark.staged) return false;
  return std::ranges::all_of(mark.queued,
                             [](const auto& s) { return s.source->written >= s.until; });
}

bool engine::lost(const flush_mark& mark) {
  return std::ranges::any_of(mark.queued,
                             [](const auto& s) { return s.source->lost_within(s.from, s.until); });
}

// Replies belong to their connection: those that it has not written are gone.
void engine::fail_flushes_of_replies() {
  const auto lost = [this](const flush_mark& m) { return outbox_.staged_written() < m.staged; };
  end_flushes(lost, errc::connection_dropped);
}

// What waits to be sent will not be: neither who sends nor who flushes waits any more.
void engine::fail_sends(std::error_code error) {
  for (const auto& channel : channels_) {
    if (!channel->on_written) continue;
    channel->waiting.reset();
    channel->unblock();
    channel->on_written(error);
  }
  flush_marks_.clear();
  on_flushed_.complete_all(errc::connection_dropped);
}

void engine::say_close(std::optional<protocol::close_payload> close, protocol::close_order order) {
  if (now() != phase::closing) {
    set(phase::closing);
    arm_deadline(options_->close_timeout);
  }
  if (close && outbox_.set_close(*close, order, stream_->committed())) close_.queued(close->code);
  pump();
  replies_dropped_.store(outbox_.staged_dropped(), std::memory_order_relaxed);
  reopen_reading();
}

}  // namespace wsx::detail
