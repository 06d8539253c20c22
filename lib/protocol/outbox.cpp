#include <wsx/protocol/outbox.hpp>

#include <algorithm>
#include <limits>
#include <utility>

// What goes next.

namespace wsx::protocol {

namespace {

// What is shorter is copied, rather than written by a system call of its own.
constexpr std::size_t worth_a_write = 16 * 1024;

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

}  // namespace

void outbox::set_ping(bytes_view payload) {
  ping_.emplace(payload);
  ping_end_ = 0;  // one that is being written is not asked for any more
}

void outbox::attach(std::shared_ptr<frame_source> source) {
  source->stale = drops_;
  sources_.push_back(std::move(source));
}

bool outbox::detach(const frame_source* source) {
  std::erase_if(sources_, [&](const auto& s) { return s.get() == source; });
  return message_of_ == source;
}

bytes_view outbox::batch() {
  if (!batch_.empty()) return batch_.left();
  try {
    fill();
  } catch (...) {  // nobody knows where its frames begin
    count_written();
    throw;
  }
  return batch_.left();
}

void outbox::fill() {
  if (within_frame()) finish_on_wire();
  auto& parts = batch_.parts();
  parts.whole_frames = batch_.end();
  if (within_frame() || closed_) return;
  parts.within_message = unfinished();
  if ((ping_ || !pongs_.empty()) && may_interrupt()) fill_control();
  parts.control_end = parts.staged_begin = parts.staged_end = batch_.end();
  if (close_ && order_ == close_order::after_replies) return fill_end();
  if (partial_) go_on({.source = partial_->source, .begin = batch_.size()});
  if (partial_) return;
  go_on_with_message();
  fill_staged();
  fill_queued();
  // If nothing at all can go, a message waits for its rest, which won't come any more.
  if (close_ && !partial_ && (drained() || batch_.empty())) fill_close();
}

// RFC 6455 5.5: control frames may go between the fragments of a message, so they never wait for
// more than the frame being written. But tornado 6.2, aiohttp 3.8, wsproto 1.2 and Jetty 9.4 forget
// at a control frame that a message is compressed.
bool outbox::may_interrupt() const noexcept {
  const bool ends = close_ && order_ == close_order::after_replies;
  return !within_divided_message() || partial_->interruptible || ends;
}

void outbox::bound_divided_message(clock::time_point now, clock::duration most) noexcept {
  if (!partial_->divided_since) partial_->divided_since = now;
  partial_->interruptible = now - *partial_->divided_since >= most;
}

// Whether a producer's message is unfinished on the wire. A frame that is only being compressed is
// not there yet, whatever its place in its message.
bool outbox::unfinished() const noexcept {
  if (within_divided_message()) return true;
  if (partial_ && !partial_->wire) return partial_->head.op == opcode::continuation;
  return message_of_ != nullptr && message_of_ != &staged_;
}

void outbox::fill_control() {
  while (!pongs_.empty() && room() >= frame_size(pongs_.front().size())) {
    put_frame({.op = opcode::pong}, pongs_.front());
    pongs_.pop();
  }
  if (!ping_ || room() < frame_size(ping_->view().size())) return;
  put_frame({.op = opcode::ping}, ping_->view());
  ping_.reset();
  ping_end_ = batch_.end();
}

// The server has closed, or is told why it is given up: what it sent before is answered. A frame
// that is being compressed is given up.
void outbox::fill_end() {
  const bool open = unfinished();
  if (open) drop_staged();
  if (partial_) {
    stale_context_ = true;
    end_partial();
    if (!open) message_of_ = nullptr;
  }
  fill_staged();
  fill_close();
}

// RFC 6455 5.5.1: nothing is sent after Close.
void outbox::fill_close() {
  if (room() < frame_size(max_control_payload)) return;
  byte_buffer payload;
  write_close(*close_, payload);
  put_frame({.op = opcode::close}, payload.view());
  closed_ = true;
}

bool outbox::drained() const noexcept {
  return staged_.bytes.empty() && quiet();
}

bool outbox::quiet() const noexcept {
  return std::ranges::all_of(sources_, [](const auto& source) { return source->empty(); });
}

// What is left of the message that a producer has begun to send in fragments, and no more of that
// producer: others have waited. RFC 6455 5.4.
void outbox::go_on_with_message() {
  for (const auto& source : sources_) {
    if (message_of_ == source.get()) return fill_from(*source, true);
  }
}

// All of it at once, even beyond the batch's size: producers that never pause would otherwise
// always be first. It has a bound of its own.
void outbox::fill_staged() {
  if (staged_.bytes.empty() || partial_ || batch_.in_place()) return;
  if (message_of_ != nullptr && message_of_ != &staged_) return;
  batch_.parts().staged_begin = batch_.end();
  staged_.in_batch = staged_.bytes.size();
  if (deflater_) {
    encode_staged();
  } else if (batch_.empty()) {
    batch_.buffer().swap(staged_.bytes);
    frames_encoded_ += staged_.frames;
  } else {
    batch_.buffer().append(staged_.bytes.view());
    frames_encoded_ += staged_.frames;
  }
  staged_.bytes.clear();
  staged_.frames = 0;
  batch_.parts().staged_end = batch_.end();
  message_of_ = staged_.open ? &staged_ : nullptr;
}

// Every producer in turn. The next batch begins with the one behind the last that was asked.
void outbox::fill_queued() {
  for (std::size_t i = 0; i < sources_.size() && may_begin(); ++i) {
    turn_ %= sources_.size();
    frame_source& source = *sources_[turn_];
    const auto before = batch_.size();
    fill_from(source, false);
    if (batch_.size() == before && !source.empty()) return;  // its turn is the next batch
    ++turn_;
  }
}

bool outbox::may_begin() const noexcept {
  return !partial_ && message_of_ == nullptr && room() >= max_header_size;
}

void outbox::fill_from(frame_source& source, bool one_message) {
  if (source.stale) source.drop_stale(connection_);
  if (source.stale) return;  // more may have come meanwhile, and is stale, too
  if (source.empty()) return;
  if (source.queue.masked() && source.queue.readable() > 0) {
    put_ready(source, one_message);
    if (source.queue.readable() > 0 || (one_message && message_of_ == nullptr)) return;
  }
  put_encoded(source, one_message);
}

// Frames that are in the queue as they go to the wire. Few that lie at the ring's end go by
// themselves, instead of having many from its beginning copied behind them.
void outbox::put_ready(frame_source& source, bool one_message) {
  while (room() >= max_header_size) {
    const auto run = next_run(source);
    if (run.frames == 0) return;
    put_run(source, run);
    if (one_message && message_of_ == nullptr) return;
    if (run.at_end && source.queue.readable() >= worth_a_write) return;
  }
}

// Messages, as many as there is room for; or one fragment; or a message that is larger than a
// batch, if no other producer's frames are before it.
frame_queue::run outbox::next_run(frame_source& source) {
  if (message_of_ == nullptr) {
    const auto messages = source.queue.take_messages(room());
    if (messages.frames > 0) return messages;
  }
  frame_queue::frame next;
  if (!next_queued(source, next, !batch_.has_stretches() ? unlimited : room())) return {};
  note_message(source, next.head);
  return {.bytes = next.bytes, .frames = 1};
}

// Short ones are put together, for one write is cheaper than two, unless nothing else is likely to
// come along.
void outbox::put_run(frame_source& source, const frame_queue::run& run) {
  const bool alone = sources_.size() == 1 && !source.waiting && message_of_ == nullptr;
  const auto begin = batch_.size();
  if (begin == 0 && (alone || run.bytes.size() >= worth_a_write)) {
    batch_.set_in_place(run.bytes);
  } else {
    batch_.buffer().append(run.bytes);
  }
  frames_encoded_ += run.frames;
  const auto size = run.bytes.size();
  batch_.note(
      {.source = &source, .begin = begin, .end = begin + size, .frees = size, .frames = true});
}

// Frames that are still to be masked, and perhaps to be compressed.
void outbox::put_encoded(frame_source& source, bool one_message) {
  partial_frame next;
  while (!partial_ && room() >= max_header_size && next_frame(source, next)) {
    begin(next);
    if (one_message && message_of_ == nullptr) return;
  }
}

// The next frame of the source: from its queue, or else the one that waits behind it. What comes
// into a masked queue meanwhile is for the next batch.
bool outbox::next_frame(frame_source& source, partial_frame& next) {
  frame_queue::frame queued;
  if (!source.queue.masked() && next_queued(source, queued, unlimited)) {
    next = {.source = &source, .head = queued.head, .left = queued.payload(), .queued = true};
    return true;
  }
  if (source.queue.readable() > 0 || !source.waiting || source.waiting->begun) return false;
  const auto& waiting = *source.waiting;
  if (cut_off(source, waiting.head)) {
    if (source.queue.unreleased() == 0) source.drop_waiting();  // in order
    return false;
  }
  next = {.source = &source, .head = waiting.head, .left = waiting.payload};
  return source.waiting->begun = true;
}

// Takes the next queued frame, if it has no more than `most` bytes. Fragments whose message began
// on a connection that is gone are dropped.
bool outbox::next_queued(frame_source& source, frame_queue::frame& next, std::size_t most) {
  while (source.queue.peek(next)) {
    const bool dropped = cut_off(source, next.head);
    if (!dropped && next.bytes.size() > most) return false;
    if (dropped && source.queue.unreleased() > 0) return false;  // frees in order: next time
    source.queue.skip(next.bytes.size());
    if (!dropped) return true;
    source.drop(next.bytes.size());
  }
  return false;
}

bool outbox::cut_off(const frame_source& source, const frame_head& head) const noexcept {
  return head.op == opcode::continuation && message_of_ != &source;
}

}  // namespace wsx::protocol
