#include "assembler_cache.hpp"

#include <wsx/detail/action_steps.hpp>
#include <wsx/detail/engine.hpp>
#include <wsx/detail/shared_read_buffer.hpp>
#include <wsx/error.hpp>

#include <asio/error.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include <new>
#include <utility>

// How bytes come in, from the transport to the handler's callbacks, while a connection is open.

namespace wsx::detail {

namespace {

// The buffer of a client whose callbacks are coroutines: what they view must stay in place.
constexpr std::size_t own_buffer_size = 64 * 1024;

// The room for what follows a large message. That is likely to be another: its beginning has to be
// copied.
constexpr std::size_t small_room = 16 * 1024;

// Replies that wait: above this nothing more is read until they have gone.
constexpr std::size_t max_staged_while_reading = 256 * 1024;

// Messages from other threads in a row before the socket has its turn.
constexpr int mail_in_a_row = 1024;

// Full reads in a row before others on the strand have their turn.
constexpr int max_reads_in_a_row = 16;

// What callbacks have answered so far still reaches the server.
constexpr auto after_replies = protocol::close_order::after_replies;

}  // namespace

// Until the transport ends: deliver, read, write, sleep. False: it has not ended, but there is
// nothing to do, and no callback is a coroutine that what comes next would have to wait for.
asio::awaitable<bool> engine::receive() {
  const bool async = handler_->receives_async();
  while (!ended_ && !stopped()) {
    if (mail_waits()) co_await deliver_mail();
    bool came = false;
    if (may_read()) came = async ? co_await read_into_own() : read_into_shared();
    switch (after_turn(came)) {
      case step::again: break;
      case step::give_way: co_await asio::post(strand_, asio::use_awaitable); break;
      case step::end: co_return true;
      case step::rest:
        if (!async) {
          wake_.release();
          resting_ = true;
          co_return false;
        }
        co_await wake_.wait();
    }
  }
  co_return true;
}

// Something may have come for the client that rests. What can't be done here `run` goes on with.
void engine::work() {
  const auto self = shared_from_this();
  try {
    work_on();
  } catch (...) {
    const auto what = std::current_exception();
    try {
      crashed(what);
      launch();
    } catch (const std::bad_alloc&) {
      settle();  // not even memory for that: nobody is left waiting
    }
  }
}

// The same as `receive` does, until there is nothing more to do.
void engine::work_on() {
  while (!ended_ && !stopped()) {
    if (mail_waits() && !deliver_plain_mail()) break;
    const bool came = may_read() && read_into_shared();
    switch (after_turn(came)) {
      case step::again: continue;
      case step::give_way:
        post_on(strand_, [self = shared_from_this()] { self->wake(); });
        [[fallthrough]];
      case step::rest: resting_ = true; return;
      case step::end: break;
    }
  }
  if (!muted_.load(std::memory_order_relaxed)) return launch();
  // Nobody is to be called, so nothing that comes now can wait.
  leave();
  settle();
}

void engine::wake() {
  if (std::exchange(resting_, false)) {
    work();
  } else {
    wake_.notify();
  }
}

engine::step engine::after_turn(bool came) {
  pump();
  // Even if the server never stops to send.
  if (deadline_hit_) transport_ended(write_error_ ? write_error_ : errc::close_timeout);
  // Unless something came: a callback may have kept us from reading for long.
  if (dead_ && !came) transport_ended(errc::ping_timeout);
  if (ended_ || stopped()) return step::end;
  if (drained_) arm_wait(io_direction::read);  // not before replies have gone: it is a system call
  if (mail_waits()) return step::give_way;
  if (came && may_read())
    return ++reads_in_a_row_ % max_reads_in_a_row == 0 ? step::give_way : step::again;
  reads_in_a_row_ = 0;
  return wake_.take_notification() ? step::again : step::rest;
}

// Frames that came in one piece with the handshake's response.
asio::awaitable<void> engine::receive_early() {
  if (own_.empty() || stopped()) co_return;
  add(bytes_received_, own_.size());
  assembler().feed(own_.view());
  co_await deliver();
  own_.release();
}

// Whether to try to read. Not while replies wait that the server does not take, unless to see if it
// still lives.
bool engine::may_read() {
  congested_ = too_much_staged();
  return !ended_ && (dead_ || !(congested_ || drained_));
}

bool engine::too_much_staged() const noexcept {
  return receiving() && !write_error_ && outbox_.staged_bytes() > max_staged_while_reading;
}

// Replies have left, or will not be made any more: reading may go on. Not at once: the user may
// have called us, and no callback runs within that.
void engine::reopen_reading() {
  if (!congested_ || too_much_staged()) return;
  post_on(strand_, [self = shared_from_this()] { self->wake(); });
  congested_ = false;
}

// Says, as the next does, whether anything came.
bool engine::read_into_shared() {
  const shared_read_buffer lease;
  const auto place = assembler_ ? assembler_->place_for_rest() : std::span<std::byte>();
  const auto shared = read_in_place_ ? lease.room().first(small_room) : lease.room();
  const auto room = place.empty() ? shared : place;
  if (!took(room, stream_->read_some(room))) return false;
  read_in_place_ = !place.empty();
  notifier_.suspend();  // what the callbacks send goes out when they are through
  if (receiving()) handler_->receive(*this, assembler());
  discard();
  give_back(assembler_);
  return true;
}

asio::awaitable<bool> engine::read_into_own() {
  own_.clear();
  const auto room = own_.prepare(own_buffer_size);
  if (!took(room, stream_->read_some(room))) co_return false;
  co_await deliver();
  co_return true;
}

asio::awaitable<void> engine::deliver() {
  if (receiving() && handler_->receives_async()) {
    pump();  // and hear of what is sent while a callback waits
    co_await handler_->receive_async(*this, assembler());
  } else if (receiving()) {
    handler_->receive(*this, assembler());
  }
  discard();
  give_back(assembler_);
}

// Judges what a read came to. False if it brought nothing; otherwise the assembler has been fed.
bool engine::took(std::span<const std::byte> room, const io_result& got) {
  const bool nothing_now =
      got.error == asio::error::would_block || got.error == asio::error::try_again;
  if (got.error && !nothing_now) {
    transport_ended(got.error);
  } else {
    drained_ = got.bytes < room.size();
  }
  if (got.bytes == 0) return false;
  add(reads_, 1);
  add(bytes_received_, got.bytes);
  keepalive_.heard();
  if (std::exchange(dead_, false)) arm_keepalive();  // it came in the last moment
  if (!discarding_) assembler().feed(room.first(got.bytes));
  return true;
}

// Once closing has begun nothing is delivered; only the server's Close still counts, and after it
// nothing does. RFC 6455 1.4, 5.5.1.
void engine::discard() {
  if (close_.open() || discarding_) return;
  if (close_.received()) discarding_ = true;
  while (!discarding_) {
    switch (assembler().next()) {
      case protocol::receive_event::need_input: return;
      case protocol::receive_event::violation: discarding_ = true; break;
      case protocol::receive_event::close:
        received_close(assembler_->close());
        discarding_ = true;
        break;
      default: break;
    }
  }
}

protocol::message_assembler& engine::assembler() {
  if (assembler_) return *assembler_;
  std::optional<protocol::inflater> inflate;
  if (const auto& c = info_.deflate)
    inflate.emplace(c->server_max_window_bits, !c->server_no_context_takeover);
  assembler_ = borrow_assembler(
      {options_->max_message_size, options_->max_frame_size, options_->max_fragments},
      handler_->delivery(), std::move(inflate));
  return *assembler_;
}

asio::awaitable<void> engine::deliver_mail() {
  for (int i = 0; i < mail_in_a_row && !deliver_plain_mail(); ++i) {
    const auto message = mailbox_.pop();
    pump();
    co_await message->deliver_async(*this);
  }
}

// False if the next callback is a coroutine.
bool engine::deliver_plain_mail() {
  for (int i = 0; i < mail_in_a_row && receiving(); ++i) {
    const mail* const oldest = mailbox_.front();
    if (oldest == nullptr) break;
    if (oldest->is_async()) return false;
    notifier_.suspend();  // what it sends goes out with what the others send
    mailbox_.pop()->deliver(*this);
  }
  return true;
}

void engine::arm_wait(io_direction direction) {
  bool& armed = armed_[static_cast<int>(direction)];
  if (armed || ended_ || !stream_) return;
  stream_->async_wait(direction, wait_handler(shared_from_this(), direction, connection_number_));
  armed = true;
}

void engine::on_ready(io_direction direction, std::uint32_t connection, std::error_code) {
  if (connection != connection_number_) return;  // of a transport that is gone
  armed_[static_cast<int>(direction)] = false;
  if (direction == io_direction::write) {
    keepalive_.progressed(clock::now());
    pump();
  } else {
    drained_ = false;
  }
  if (direction == io_direction::read || now() == phase::connecting) wake();
}

// For the opening handshake: until the transport is worth another try, or somebody interrupts.
asio::awaitable<void> engine::wait_ready(io_direction direction) {
  arm_wait(direction);
  while (armed_[static_cast<int>(direction)] && !interrupted()) {
    if (!wake_.take_notification()) co_await wake_.wait();
  }
}

void engine::transport_ended(std::error_code error) {
  if (ended_) return;
  ended_ = true;
  // The protocol layer knows no Asio, whose category does not tell std::errc all of its errors.
  const bool reset = error == asio::error::connection_reset || error == asio::error::broken_pipe ||
                     error == asio::error::connection_aborted;
  const auto plain = reset ? std::make_error_code(std::errc::connection_reset) : error;
  close_.end(plain, error == asio::error::eof, stream_ ? stream_->error_detail() : std::string());
}

// What the port tells.

void engine::apply(const action& wanted) {
  try {
    take_steps(wanted);
  } catch (...) {  // that was not the callback
    if (close_.open())
      say_close(close_.fail(errc::internal_failure, std::current_exception()), after_replies);
  }
}

void engine::take_steps(const action& wanted) {
  // A callback that was overtaken by a close has nobody to reply to.
  for (action_steps current(wanted); current && receiving(); current.next()) {
    if (current.closes()) {
      if (const auto error = begin_close(current.close())) fail(error, "in a callback's close");
    } else if (const auto error = stage(current.frame()); error != errc{}) {
      const bool full = error == errc::queue_full;
      fail(error, full ? "replies exceed max_reply_bytes" : "in a callback's reply");
    }
  }
}

std::error_code engine::begin_close(protocol::close_payload how) {
  if (!close_.open()) return errc::closing;
  if (const auto error = not_open(); error != errc{}) return error;
  if (how.code) {
    if (const auto error = protocol::check_close(*how.code, how.reason)) return error;
  }
  say_close(close_.start(std::move(how)), protocol::close_order::after_queues);
  return {};
}

void engine::callback_threw(std::exception_ptr what) {
  if (stopped() || connect_canceled_) return;  // it was interrupted, and says so
  if (now() == phase::open && close_.open())
    return say_close(close_.fail(errc::handler_failed, std::move(what)), after_replies);
  // There is nobody to tell any more but whoever joins.
  if (now() == phase::open || now() == phase::closing || reason_->exception) return;
  close_reason& reason = reason_.change();
  reason.origin = close_origin::error;
  reason.error = errc::handler_failed;
  reason.exception = std::move(what);
  reason.diagnostics.message.clear();
  reason.diagnostics.detail.clear();  // of what the callback was told
  explain();
}

void engine::fail(std::error_code error, std::string_view detail) {
  if (close_.open()) say_close(close_.fail(error, nullptr, std::string(detail)), after_replies);
}

void engine::violated(const protocol::message_assembler& input) {
  if (!close_.open()) return;
  say_close(close_.fail(input.error(), nullptr, input.error_detail()), after_replies);
}

void engine::received_close(const protocol::close_payload& close) {
  say_close(close_.receive(close), after_replies);
}

void engine::answer_ping(bytes_view payload) {
  if (!close_.open()) return;
  outbox_.add_pong(payload);
  notifier_.notify_here();
}

void engine::received_pong(bytes_view payload) {
  if (const auto latency = keepalive_.pong(payload, clock::now()))
    latency_.store(static_cast<std::uint64_t>(latency->count()), std::memory_order_relaxed);
}

}  // namespace wsx::detail
