#include <wsx/protocol/outbox.hpp>

#include <algorithm>
#include <utility>

namespace wsx::protocol {

namespace {

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

void outbox::set(control_slot& slot, bytes_view payload) noexcept {
  slot.size = std::min(payload.size(), slot.bytes.size());
  std::copy_n(payload.begin(), slot.size, slot.bytes.begin());
  slot.pending = true;
}

void outbox::set_pong(bytes_view payload) {
  set(pong_, payload);
}

void outbox::set_ping(bytes_view payload) {
  set(ping_, payload);
}

void outbox::set_close(const close_payload& close, bool drain) {
  close_ = close;
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
  if (batch_.empty()) fill();
  return batch_.view().subspan(written_);
}

void outbox::fill() {
  lead_ = lead_frame_ = 0;
  if (partial_ && !partial_->compressed) resume();
  if ((partial_ && !partial_->compressed) || closed_) return;
  // Here the wire is between two frames, be it of one that is compressed.
  fill_control();
  if (close_ && !drain_) return fill_close();
  if (partial_) go_on_compressed();
  if (partial_) return;
  go_on_with_message();
  fill_staged();
  fill_queued();
  // If nothing at all can go, a message waits for its rest, which won't come any more.
  if (close_ && !partial_ && (drained() || batch_.empty())) fill_close();
}

// RFC 6455 5.5: control frames may go between the fragments of a message, so they never wait for
// more than the frame being written.
void outbox::fill_control() {
  put(pong_, opcode::pong);
  put(ping_, opcode::ping);
}

void outbox::put(control_slot& slot, opcode op) {
  if (!slot.pending) return;
  if (room() < frame_size(slot.size)) return;
  slot.pending = false;
  put_frame({.op = op}, bytes_view(slot.bytes).first(slot.size));
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
  return staged_.empty() &&
         std::ranges::all_of(sources_, [](const auto& source) { return source->empty(); });
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
  if (staged_.empty() || partial_) return;
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
    fill_from(*sources_[turn_++], false);
  }
}

bool outbox::may_begin() const noexcept {
  return !partial_ && message_of_ == nullptr && room() >= max_header_size;
}

void outbox::fill_from(frame_source& source, bool one_message) {
  if (source.empty()) return;
  if (!deflater_ && message_of_ == nullptr) put_messages(source);
  std::size_t begin = batch_.size();
  frame_head head;
  while (!partial_ && room() >= max_header_size && next_head(source, head)) {
    if (deflater_ && deflater_->takes(head)) {
      note_plain(source, begin);
      begin_compressed(source, head);
      begin = batch_.size();
    } else {
      begin_frame(source, plain(head));
    }
    if (one_message && message_of_ == nullptr) break;
  }
  note_plain(source, begin);
}

// The short way for whole messages of the queue, as many as fit the batch.
void outbox::put_messages(frame_source& source) {
  // Few take more bytes on the wire than in the queue.
  const auto most = std::min(room(), source.queue.readable());
  const auto done = source.queue.encode_messages(batch_.prepare(most), keys_);
  if (done.frames == 0) return;
  const auto begin = batch_.size();
  batch_.commit(done.bytes);
  frames_encoded_ += done.frames;
  stretches_.push_back(
      {.source = &source, .begin = begin, .end = batch_.size(), .frees = done.taken});
}

void outbox::note_plain(frame_source& source, std::size_t begin) {
  if (batch_.size() > begin)
    stretches_.push_back({.source = &source, .begin = begin, .end = batch_.size()});
}

// The next frame of the source: from its queue, or else the one that waits behind it. Fragments
// whose message began on a connection that is gone are dropped.
bool outbox::next_head(frame_source& source, frame_head& head) {
  while (source.queue.peek_head(head)) {
    if (!cut_off(source, head)) {
      source.queue.skip(frame_queue::size_of(0));  // the head
      return true;
    }
    if (source.queue.unreleased() > 0) return false;  // frees in order: in the next batch
    source.queue.skip(static_cast<std::size_t>(frame_queue::size_of(head.length)));
    free_frame(source, frame_queue::size_of(head.length));
  }
  if (!source.waiting || source.waiting->begun) return false;
  head = source.waiting->head;
  if (!cut_off(source, head)) return source.waiting->begun = true;
  if (source.queue.unreleased() == 0) free_frame(source, frame_queue::size_of(head.length));
  return false;
}

bool outbox::cut_off(const frame_source& source, const frame_head& head) const noexcept {
  return head.op == opcode::continuation && message_of_ != &source;
}

void outbox::begin_frame(frame_source& source, const frame_head& head) {
  const mask_key key = keys_.next();
  const auto target = batch_.prepare(max_header_size);
  batch_.commit(write_header(target.data(), head, key));
  ++frames_encoded_;
  begin(source, head);
  partial_->key = key;
  go_on();
}

void outbox::begin_compressed(frame_source& source, const frame_head& head) {
  begin(source, head);
  partial_->compressed = true;
  go_on_compressed();
}

void outbox::begin(frame_source& source, const frame_head& head) {
  if (!is_control(head.op)) message_of_ = head.fin ? nullptr : &source;
  partial_ = partial_frame{.source = &source, .head = head};
}

// A batch that begins within a frame.
void outbox::resume() {
  frame_source* const source = partial_->source;
  lead_ = partial_->head.length - partial_->offset;
  lead_frame_ = frame_queue::size_of(partial_->head.length);
  go_on();
  stretches_.push_back({.source = source, .begin = 0, .end = batch_.size()});
}

// Goes on with the frame that was begun, as far as the batch has room.
void outbox::go_on() {
  partial_frame& frame = *partial_;
  const auto left = frame.head.length - frame.offset;
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, room()));
  const auto target = batch_.prepare(count).first(count);
  if (frame.source->waiting_begun()) {
    const auto piece =
        frame.source->waiting->payload.subspan(static_cast<std::size_t>(frame.offset), count);
    mask_copy(target.data(), piece, frame.key, frame.offset);
  } else {
    frame.source->queue.read_masked(target, frame.key, frame.offset);
  }
  batch_.commit(count);
  frame.offset += count;
  if (frame.offset == frame.head.length) partial_.reset();
}

// The same with one that is compressed. Takes no more than a batch's size in, which may be much
// more than comes out.
void outbox::go_on_compressed() {
  stretch s{.source = partial_->source, .begin = batch_.size(), .compressed = true};
  for (std::size_t taken = 0; partial_ && room() > 0 && taken < batch_size;) {
    partial_frame& frame = *partial_;
    const bool first = frame.offset == 0;
    const bytes_view part = take_part(frame);
    taken += part.size();
    const bool last = frame.offset == frame.head.length;
    put_part(frame.head, part, first, last);
    if (!last) continue;
    s.frees = frame_queue::size_of(frame.head.length);
    partial_.reset();
  }
  s.end = batch_.size();
  stretches_.push_back(s);
}

bytes_view outbox::take_part(partial_frame& frame) {
  const auto left = frame.head.length - frame.offset;
  const auto most =
      static_cast<std::size_t>(std::min<std::uint64_t>(left, frame_deflater::part_size));
  const auto begin = static_cast<std::size_t>(frame.offset);
  const auto part = frame.source->waiting_begun()
                        ? frame.source->waiting->payload.subspan(begin, most)
                        : frame.source->queue.read_in_place(most);
  frame.offset += part.size();
  return part;
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
