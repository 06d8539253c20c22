#include <wsx/protocol/outbox.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace wsx::protocol {

namespace {

// What is shorter is copied, rather than written by a system call of its own.
constexpr std::size_t worth_a_write = 16 * 1024;

// Of a payload that is masked on its way out: so much stays in a core's caches until it is written,
// and does not keep the receiver waiting for so long that it falls asleep. Half as much costs more
// system calls than it saves.
constexpr std::size_t masked_at_once = 64 * 1024;

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

frame_head plain(frame_head head) noexcept {
  head.rsv1 = false;
  return head;
}

}  // namespace

bool outbox::stage(const frame_head& head, bytes_view payload) {
  const auto size = frame_size(payload.size());
  if (size > max_staged_ || staged_.size() > max_staged_ - size) return false;
  const auto target = staged_.prepare(static_cast<std::size_t>(size));
  if (deflater_) {
    staged_.commit(encode_frame(target.data(), head, payload, mask_key{}));
  } else {
    staged_.commit(encode_frame(target.data(), plain(head), payload, keys_.next()));
    ++frames_encoded_;
  }
  staged_total_ += size;
  if (!is_control(head.op)) staged_open_ = !head.fin;
  return true;
}

void outbox::set_pong(bytes_view payload) {
  pong_.emplace(payload);
}

void outbox::set_ping(bytes_view payload) {
  ping_.emplace(payload);
}

void outbox::set_close(const close_payload& close, bool drain) {
  close_ = std::make_unique<const close_payload>(close);
  drain_ = drain;
}

void outbox::attach(std::shared_ptr<frame_source> source) {
  sources_.push_back(std::move(source));
}

bool outbox::detach(const frame_source* source) {
  std::erase_if(sources_, [&](const auto& s) { return s.get() == source; });
  return message_of_ == source;
}

bytes_view outbox::batch() {
  if (current().empty()) fill();
  return current().subspan(written_);
}

void outbox::fill() {
  if (partial_ && !partial_->compressed) resume();
  if ((partial_ && !partial_->compressed) || closed_) return;
  // Here the wire is between two frames, be it of one that is compressed.
  fill_control();
  if (close_ && !drain_) return fill_close();
  if (partial_) resume();
  if (partial_) return;
  go_on_with_message();
  fill_staged();
  fill_queued();
  // If nothing at all can go, a message waits for its rest, which won't come any more.
  if (close_ && !partial_ && (drained() || current().empty())) fill_close();
}

// RFC 6455 5.5: control frames may go between the fragments of a message, so they never wait for
// more than the frame being written.
void outbox::fill_control() {
  put(pong_, opcode::pong);
  put(ping_, opcode::ping);
}

void outbox::put(control_slot& slot, opcode op) {
  if (!slot || room() < frame_size(slot->view().size())) return;
  put_frame({.op = op}, slot->view());
  slot.reset();
}

void outbox::put_frame(const frame_head& head, bytes_view payload) {
  const auto target = batch_.prepare(static_cast<std::size_t>(frame_size(payload.size())));
  batch_.commit(encode_frame(target.data(), head, payload, keys_.next()));
  ++frames_encoded_;
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
  return staged_.empty() && quiet();
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
  if (staged_.empty() || partial_ || !in_place_.empty()) return;
  if (message_of_ != nullptr && message_of_ != &staged_) return;
  staged_in_batch_ = staged_.size();
  if (deflater_) {
    encode_staged();
  } else if (batch_.empty()) {
    batch_.swap(staged_);
  } else {
    batch_.append(staged_.view());
  }
  staged_.clear();
  message_of_ = staged_open_ ? &staged_ : nullptr;
}

void outbox::encode_staged() {
  for (bytes_view left = staged_.view(); !left.empty();) {
    frame_head head;
    left = left.subspan(read_header(left.data(), head));
    const auto payload = left.first(static_cast<std::size_t>(head.length));
    left = left.subspan(payload.size());
    if (deflater_->takes(head)) {
      put_compressed(head, payload);
    } else {
      put_frame(plain(head), payload);
    }
  }
}

// Every producer in turn. The next batch begins with the one behind the last that was asked.
void outbox::fill_queued() {
  for (std::size_t i = 0; i < sources_.size() && may_begin(); ++i) {
    turn_ %= sources_.size();
    frame_source& source = *sources_[turn_];
    const auto before = current().size();
    fill_from(source, false);
    if (current().size() == before && !source.empty()) return;  // its turn is the next batch
    ++turn_;
  }
}

bool outbox::may_begin() const noexcept {
  return !partial_ && message_of_ == nullptr && room() >= max_header_size;
}

void outbox::fill_from(frame_source& source, bool one_message) {
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
  if (!next_queued(source, next, stretches_.empty() ? unlimited : room())) return {};
  note_message(source, next.head);
  return {.bytes = next.bytes, .frames = 1};
}

// Short ones are put together, for one write is cheaper than two, unless nothing else is likely to
// come along.
void outbox::put_run(frame_source& source, const frame_queue::run& run) {
  const bool alone = sources_.size() == 1 && !source.waiting && message_of_ == nullptr;
  const auto begin = batch_.size();
  if (begin == 0 && (alone || run.bytes.size() >= worth_a_write)) {
    in_place_ = run.bytes;
  } else {
    batch_.append(run.bytes);
  }
  frames_encoded_ += run.frames;
  const auto size = run.bytes.size();
  note({.source = &source, .begin = begin, .end = begin + size, .frees = size, .frames = true});
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
    if (source.queue.unreleased() == 0) free_frames(source, frame_size(waiting.payload.size()));
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
    free_frames(source, next.bytes.size());
  }
  return false;
}

bool outbox::cut_off(const frame_source& source, const frame_head& head) const noexcept {
  return head.op == opcode::continuation && message_of_ != &source;
}

void outbox::note_message(const frame_source& source, const frame_head& head) noexcept {
  if (!is_control(head.op)) message_of_ = head.fin ? nullptr : &source;
}

void outbox::begin(const partial_frame& frame) {
  note_message(*frame.source, frame.head);
  partial_ = frame;
  partial_->compressed = deflater_ && deflater_->takes(frame.head);
  stretch s{.source = frame.source, .begin = batch_.size()};
  s.frames = frame.queued && !partial_->compressed;
  if (!partial_->compressed) {
    partial_->key = keys_.next();
    const auto target = batch_.prepare(max_header_size);
    batch_.commit(write_header(target.data(), plain(frame.head), partial_->key));
    ++frames_encoded_;
  }
  go_on(s);
}

// A batch that begins within a frame.
void outbox::resume() {
  go_on({.source = partial_->source});
}

// Goes on with the frame that was begun, as far as the batch has room.
void outbox::go_on(stretch s) {
  partial_->compressed ? go_on_compressed() : go_on_plain();
  s.end = batch_.size();
  if (partial_->left.empty()) {
    s.frees = frame_size(partial_->head.length);
    partial_.reset();
  } else {
    s.frames = false;
  }
  note(s);
}

void outbox::go_on_plain() {
  partial_frame& frame = *partial_;
  const auto part = frame.left.first(std::min({frame.left.size(), room(), masked_at_once}));
  mask_copy(batch_.prepare(part.size()).data(), part, frame.key, frame.offset);
  batch_.commit(part.size());
  frame.left = frame.left.subspan(part.size());
  frame.offset += part.size();
}

// Takes no more than a batch's size in, which may be much more than comes out.
void outbox::go_on_compressed() {
  partial_frame& frame = *partial_;
  for (std::size_t taken = 0; room() > 0 && taken < batch_size;) {
    const auto part = frame.left.first(std::min(frame.left.size(), frame_deflater::part_size));
    const bool first = frame.offset == 0;
    frame.left = frame.left.subspan(part.size());
    frame.offset += part.size();
    taken += part.size();
    put_part(frame.head, part, first, frame.left.empty());
    if (frame.left.empty()) return;
  }
}

void outbox::put_compressed(const frame_head& head, bytes_view payload) {
  bool first = true;
  do {
    const auto part = payload.first(std::min(payload.size(), frame_deflater::part_size));
    payload = payload.subspan(part.size());
    put_part(head, part, std::exchange(first, false), payload.empty());
  } while (!payload.empty());
}

void outbox::put_part(const frame_head& head, bytes_view part, bool first, bool last) {
  deflater_->write(head, part, first, last, keys_.next(), batch_);
  ++frames_encoded_;
}

}  // namespace wsx::protocol
