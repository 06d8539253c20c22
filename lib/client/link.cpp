#include "link.hpp"

#include "../reset_by_peer.hpp"
#include "../would_block.hpp"
#include "action_steps.hpp"
#include "shared_read_buffer.hpp"
#include "thrown_error.hpp"

#include <wsx/error.hpp>

#include <asio/error.hpp>

#include <system_error>
#include <utility>

namespace wsx::detail {

namespace {

// The buffer of a client whose callbacks are coroutines.
constexpr std::size_t own_buffer_size = 64 * 1024;

// The size of a read after a large message. Its input is probably the beginning of another, which
// has to be copied.
constexpr std::size_t small_room = 16 * 1024;

// What a write turn writes before the strand reads, or another client gets its turn.
constexpr std::size_t write_budget = 1024 * 1024;

// The protocol layer uses no Asio, whose category does not map all of its errors to std::errc.
std::error_code plain(std::error_code error) noexcept {
  const bool reset = reset_by_peer<asio::error::basic_errors>(error);
  return reset ? std::make_error_code(std::errc::connection_reset) : error;
}

}  // namespace

link::link(dialed& opened, client_parts& parts, callback_context& client, protocol::outbox& out,
           time_point now)
    : parts_(parts),
      client_(client),
      outbox_(out),
      stream_(std::move(opened.stream)),
      connection_(*parts.options, parts.handler->reception(), opened.info.deflate, out, now),
      number_(opened.number) {
  connection_.observe(*this);
  if (!opened.early.empty()) own_.change() = std::move(opened.early);
}

link::step link::turn(listener who) {
  if (connection_.over() || client_.stopped()) return step::end;
  if (!deliver_plain_mail()) {
    pump(who);  // so that producers notify while a callback waits
    return step::await_mail;
  }
  return read_turn(who);
}

link::step link::read_turn(listener who) {
  if (connection_.over() || client_.halted()) {
    if (connection_.over() || client_.stopped()) return step::end;
    if (connection_.open()) {  // a closing handshake goes on
      pump(who);
      return step::rest;
    }
  }
  const bool async = parts_.handler->receives_async();
  const bool goes_on = connection_.has_input() && !connection_.congested();
  if (!goes_on && !may_read()) return after_turn(who);
  const auto now = parts_.time.now();
  budget_.begin(now, parts_.options->max_turn);
  connection_.pace(budget_.callbacks());
  if (!async) {
    if (goes_on) {
      give_out();
    } else {
      read_shared(now);
    }
    return after_turn(who);
  }
  if (!goes_on && !read_own(now)) return after_turn(who);
  pump(who);  // so that producers notify while a callback waits
  if (client_.observed()) connection_.tell_each();
  return step::await_input;
}

link::step link::after_turn(listener who) {
  pump(who);
  if (connection_.over() || client_.stopped()) return step::end;
  if (read_all_)
    wait(io_direction::read, who);  // not before replies are written: it is a system call
  left_reading_ = connection_.congested();
  const bool more = connection_.has_input() ? !left_reading_ : may_read();
  const bool mail_waits = next_mail() != nullptr;
  if (more && !mail_waits && !turn_over()) return step::again;
  budget_.end();
  return more || mail_waits ? step::yield : step::rest;
}

bool link::turn_over() {
  return budget_.look(parts_.time.now(), parts_.options->max_turn);
}

const mail* link::next_mail() noexcept {
  if (client_.halted() || parts_.messages.empty()) return nullptr;
  return connection_.open() ? parts_.messages.front() : parts_.messages.front_any_phase();
}

std::unique_ptr<mail> link::pop_mail() noexcept {
  return connection_.open() ? parts_.messages.pop() : parts_.messages.pop_any_phase();
}

// Returns false if the next callback is a coroutine.
bool link::deliver_plain_mail() {
  std::uint32_t left = budget_.callbacks();
  while (const mail* const oldest = next_mail()) {
    if (oldest->is_async()) return false;
    if (left-- == 0) {
      budget_.begin(parts_.time.now(), parts_.options->max_turn);
      if (turn_over()) break;
      left = budget_.callbacks();
    }
    parts_.door.notifier().suspend();  // its frames are sent together with those of others
    pop_mail()->deliver(client_);
  }
  return true;
}

// Returns whether a read is worth an attempt.
bool link::may_read() const noexcept {
  return !connection_.has_input() && connection_.wants_read() &&
         (!read_all_ || connection_.timed_out());
}

// Reads into the buffer that the thread's clients share, and delivers the input to the handler.
void link::read_shared(time_point now) {
  const shared_read_buffer buffer;
  const auto place = connection_.next_read_buffer();
  const auto shared = read_in_place_ ? buffer.span().first(small_room) : buffer.span();
  const auto room = place.empty() ? shared : place;
  if (!take(room, stream_->read_some(room), now)) return;
  read_in_place_ = !place.empty();
  give_out();
  if (connection_.has_input())
    connection_.keep_rest(own_.change());  // other clients will read into the buffer
}

// Delivers the input to the handler, as far as there is time.
void link::give_out() {
  // The callbacks' frames are sent when they have finished.
  if (has_producers()) parts_.door.notifier().suspend();
  for (;;) {
    if (client_.observed()) connection_.tell_each();
    parts_.handler->receive(client_, connection_);
    if (!connection_.has_input()) break;
    if (connection_.congested() || client_.stopped() || turn_over()) return;
    connection_.pace(budget_.callbacks());
  }
  own_.reset();
}

// Reads into a buffer of the link's own, in which the views of callbacks that are coroutines stay
// valid. Returns whether there was any input.
bool link::read_own(time_point now) {
  connection_.discard_rest();
  auto& own = own_.change();
  own.clear();
  const auto room = own.prepare(own_buffer_size);
  return take(room, stream_->read_some(room), now);
}

void link::take_early() {
  if (own_->empty() || client_.stopped() || connection_.over()) return;
  parts_.counts.bytes_received.add(own_->size());
  connection_.receive(own_->view(), parts_.time.now());
}

bool link::take(std::span<const std::byte> room, const io_result& got, time_point now) {
  if (got.error && !would_block(got.error)) {
    connection_.discard_rest();  // a Close in it came before this
    connection_.receive_end(plain(got.error), got.error == asio::error::eof,
                            stream_->error_detail());
  } else {
    read_all_ = got.bytes < room.size();
  }
  connection_.receive(room.first(got.bytes), now);
  if (got.bytes == 0) return false;
  parts_.counts.reads.add(1);
  parts_.counts.bytes_received.add(got.bytes);
  return true;
}

void link::pump(listener who) noexcept {
  try {
    const auto now = parts_.time.now();
    write(who, now);
    compare(who, now);
  } catch (...) {
    // There is no memory even for a deadline. The transport ends at once, which wakes the client if
    // it waits to read. If it does not, because replies or a callback wait, it finds the connection
    // over when something else wakes it.
    connection_.abandon(thrown_error());
    stream_->close();
  }
}

// Without memory, or random numbers for masking, nothing can be sent.
void link::write(listener who, time_point now) {
  if (!connection_.may_write() || waits(io_direction::write)) return;
  try {
    switch (write_some(who, now)) {
      case write_end::blocked: wait(io_direction::write, who); break;
      case write_end::budget: post_on(parts_.serial, [who] { who->on_notified(); }); break;
      default: break;
    }
  } catch (...) {
    connection_.write_failed(thrown_error());
  }
}

link::write_end link::write_some(listener who, time_point now) {
  for (std::size_t written = 0; written < write_budget;) {
    const bytes_view bytes = connection_.data_to_send(now);
    if (outbox_.compressing()) {
      written += protocol::outbox::batch_size;  // this much of a message was consumed
    } else if (bytes.empty()) {
      if (idle(who)) return write_end::idle;
    } else {
      const bool all = write_batch(bytes, now);
      if (!connection_.may_write()) return write_end::failed;
      if (!all) return write_end::blocked;
      written += bytes.size();
    }
  }
  return write_end::budget;
}

// Nothing is left to write: from now on producers notify. Returns false if one has queued
// something.
bool link::idle(listener who) {
  if (!has_producers()) return true;
  auto& bursts = parts_.senders.bursts();
  bursts.idle(outbox_.frames_encoded());
  parts_.door.notifier().arm(who, bursts.expected(outbox_.frames_encoded()));
  if (!outbox_.quiet() && (!outbox_.batch().empty() || outbox_.compressing())) {
    parts_.door.notifier().suspend();
    return false;
  }
  // The outbox may have dropped the rest of a message that a broken connection cut.
  const bool was_open = connection_.open();
  after_write();
  return connection_.open() == was_open;  // or a Close must be sent
}

// Returns whether the transport took all of it.
bool link::write_batch(bytes_view bytes, time_point now) {
  const bool for_producers = has_producers();
  const auto frames = [&] { return outbox_.frames_encoded(); };
  const io_result result = stream_->write_some(bytes);
  const bool observed = client_.observed();
  if (observed) parts_.events.wrote(client_, parts_.senders, outbox_.writing(), result.bytes);
  const bool all = result.bytes == bytes.size();
  connection_.sent(result.bytes, now, all ? 0 : stream_->committed());
  if (result.bytes > 0) {
    parts_.counts.writes.add(1);
    parts_.counts.bytes_sent.add(result.bytes);
    if (for_producers) parts_.counts.frames_sent.set(frames());
    after_write();
  }
  if (observed) parts_.events.counted(client_, parts_.senders);
  if (for_producers && parts_.senders.bursts().expected(frames()))
    parts_.door.notifier().suspend_many();
  if (result.error && !would_block(result.error)) connection_.write_failed(plain(result.error));
  return all;
}

void link::after_write() {
  if (has_producers() && parts_.senders.after_write())
    connection_.fail(errc::fragment_out_of_order);
}

// Compares what the connection wants now with the waits that are pending.
void link::compare(listener who, time_point now) {
  count();
  const auto own = has_producers() ? deadline::of::connection : deadline::of::attempt;
  if (const auto when = connection_.next_timeout(now)) {
    parts_.time.set(own, *when);
    parts_.time.arm(who);
  } else {
    parts_.time.lift(own);
  }
  // Reading was deferred for replies, and can continue. It must not continue at once: this may be a
  // call by the user, within which no callback runs.
  if (left_reading_ && !connection_.congested()) {
    left_reading_ = false;
    post_on(parts_.serial, [who] { who->on_work(); });
  }
}

void link::wait(io_direction direction, listener who) {
  if (waits(direction)) return;
  stream_->async_wait(direction, wait_handler(who, direction, number_));
  waits(direction) = true;
}

bool link::on_ready(io_direction direction, std::uint32_t number) {
  if (number != number_) return false;
  waits(direction) = false;
  if (direction == io_direction::write) {
    connection_.writable(parts_.time.now());
  } else {
    read_all_ = false;
  }
  return true;
}

void link::on_time() {
  const auto now = parts_.time.now();
  if (client_.suspended()) connection_.restart_liveness(now);
  connection_.handle_timeout(now, stream_->unacknowledged());
}

void link::apply(const action& wanted) {
  try {
    take_steps(wanted);
  } catch (...) {  // not the callback's fault
    connection_.fail(errc::internal_failure, std::current_exception());
  }
}

void link::take_steps(const action& wanted) {
  action_steps current(wanted);
  for (; current && delivers() && connection_.may_send(); current.next()) {
    if (current.closes()) {
      if (const auto error = connection_.close(current.close()))
        connection_.fail(error, {}, "in a callback's close");
    } else if (const auto error = send(current.frame()); error != errc{}) {
      const bool full = error == errc::queue_full;
      connection_.fail(error, {},
                       full ? "replies exceed max_reply_bytes" : "in a callback's reply");
    }
  }
  // A callback that a close has overtaken has no peer to reply to.
  for (; current; current.next()) {
    if (!current.closes()) parts_.senders.outbox().drop_reply();
  }
}

void link::callback_failed(std::exception_ptr what) noexcept {
  try {
    connection_.fail(errc::handler_failed, std::move(what));
  } catch (...) {
    connection_.abandon(errc::internal_failure);
    stream_->close();
  }
}

errc link::send(const protocol::outgoing_frame& frame) {
  const auto error = connection_.send(frame);
  if (error == errc{}) parts_.door.notifier().notify_here();
  if (error == errc::queue_full) parts_.events.refused(client_, event::queue_full::of::callback);
  return error;
}

bool link::arrived(protocol::event kind, const protocol::incoming& input) {
  parts_.events.tell_received(client_, kind, input);
  if (!delivers()) return false;
  if (kind != protocol::event::pong || parts_.handler->reception().pongs) client_.count_callback();
  return true;
}

void link::took(opcode op, bytes_view payload) {
  parts_.events.tell(client_, event::frame_received{op, true, payload.size(), payload});
}

void link::answered(std::chrono::nanoseconds round_trip) {
  parts_.counts.latency.set(static_cast<std::uint64_t>(round_trip.count()));
  parts_.events.tell(client_, event::keepalive_answered{round_trip});
}

void link::closing() {
  parts_.events.tell(client_, event::closing{connection_.reason()});
}

void link::count() noexcept {
  auto& counts = parts_.counts;
  counts.messages_received.add(connection_.take_messages_received());
  parts_.count_dropped();
}

void link::shut_down() noexcept {
  if (!client_.stopped() && !connection_.broken()) stream_->shutdown();
  stream_->close();
}

}  // namespace wsx::detail
