#include <wsx/protocol/outbox.hpp>

#include <algorithm>
#include <utility>

// How the bytes of frames are made that are not ready for the wire in a queue.

namespace wsx::protocol {

namespace {

// Of a payload that is masked on its way out: so much stays in a core's caches until it is written,
// and does not keep the receiver waiting for so long that it falls asleep. Half as much costs more
// system calls than it saves.
constexpr std::size_t masked_at_once = 64 * 1024;

frame_head plain(frame_head head) noexcept {
  head.rsv1 = false;
  return head;
}

}  // namespace

bool outbox::stage(const frame_head& head, bytes_view payload) {
  const auto size = frame_size(payload.size());
  byte_buffer& bytes = staged_.bytes;
  if (size > max_staged_ || bytes.size() > max_staged_ - size) return false;
  const auto target = bytes.prepare(static_cast<std::size_t>(size));
  if (deflater_) {
    bytes.commit(encode_frame(target.data(), head, payload, mask_key{}));
  } else {
    bytes.commit(encode_frame(target.data(), plain(head), payload, keys_.next()));
  }
  ++staged_.frames;
  staged_.total += size;
  if (!is_control(head.op)) staged_.open = !head.fin;
  return true;
}

void outbox::put_frame(const frame_head& head, bytes_view payload) {
  byte_buffer& bytes = batch_.buffer();
  const auto target = bytes.prepare(static_cast<std::size_t>(frame_size(payload.size())));
  bytes.commit(encode_frame(target.data(), head, payload, keys_.next()));
  ++frames_encoded_;
}

// A message whose compressor may refer to what was taken back goes as it is.
void outbox::encode_staged() {
  for (bytes_view left = staged_.bytes.view(); !left.empty();) {
    frame_head head;
    left = left.subspan(read_header(left.data(), head));
    const auto payload = left.first(static_cast<std::size_t>(head.length));
    left = left.subspan(payload.size());
    if (stale_context_) head.rsv1 = false;
    if (deflater_->takes(head)) {
      put_compressed(head, payload);
    } else {
      put_frame(plain(head), payload);
    }
  }
}

void outbox::put_compressed(const frame_head& head, bytes_view payload) {
  bool first = true;
  do {
    const auto part = payload.first(std::min(payload.size(), frame_deflater::part_size));
    payload = payload.subspan(part.size());
    deflater_->compress(head, part, std::exchange(first, false), payload.empty());
    if (!deflater_->ready()) continue;
    put_frame(deflater_->head(), deflater_->payload());
    deflater_->next();
  } while (!payload.empty());
}

void outbox::note_message(const frame_source& source, const frame_head& head) noexcept {
  if (!is_control(head.op)) message_of_ = head.fin ? nullptr : &source;
}

void outbox::begin(const partial_frame& frame) {
  note_message(*frame.source, frame.head);
  if (!spare_) spare_ = std::make_unique<partial_frame>();
  *spare_ = frame;
  partial_ = std::move(spare_);
  partial_->compressed = deflater_ && deflater_->takes(frame.head);
  stretch s{.source = frame.source, .begin = batch_.size()};
  s.frames = frame.queued && !partial_->compressed;
  if (!partial_->compressed) begin_on_wire(plain(frame.head), frame.left);
  go_on(s);
}

void outbox::begin_on_wire(const frame_head& head, bytes_view payload) {
  partial_->wire = wire_frame{.left = payload, .key = keys_.next()};
  const auto target = batch_.buffer().prepare(max_header_size);
  batch_.buffer().commit(write_header(target.data(), head, partial_->wire->key));
  ++frames_encoded_;
}

// RFC 6455 5.4: a frame is never interrupted. A batch begins with the rest of it, if there is one.
void outbox::finish_on_wire() {
  const stretch s{.source = partial_->source};
  mask_part();
  note_part(s);
}

// Goes on with the frame that was begun, as far as the batch has room.
void outbox::go_on(stretch s) {
  partial_->compressed ? compress_some() : mask_part();
  note_part(s);
}

void outbox::note_part(stretch s) {
  s.end = batch_.size();
  const bool more = partial_->compressed && (!partial_->fed || deflater_->ready());
  if (!partial_->wire && !more) {
    s.frees = frame_size(partial_->head.length);
    end_partial();
  } else {
    s.frames = false;
  }
  if (s.end > s.begin) batch_.note(s);
}

void outbox::mask_part() {
  wire_frame& frame = *partial_->wire;
  const auto part = frame.left.first(std::min({frame.left.size(), room(), masked_at_once}));
  mask_copy(batch_.buffer().prepare(part.size()).data(), part, frame.key, frame.offset);
  batch_.buffer().commit(part.size());
  frame.left = frame.left.subspan(part.size());
  frame.offset += part.size();
  if (!frame.left.empty()) return;
  partial_->wire.reset();
  if (partial_->compressed) deflater_->next();
}

// Takes no more than a batch's size in, which may be much more than comes out.
void outbox::compress_some() {
  for (std::size_t taken = 0;;) {
    if (deflater_->ready()) {
      if (room() < max_header_size) return;
      partial_->divided = partial_->divided || !partial_->fed;
      begin_on_wire(deflater_->head(), deflater_->payload());
      mask_part();
      if (partial_->wire) return;
    }
    if (partial_->fed || taken >= batch_size) return;
    taken += compress_part();
  }
}

std::size_t outbox::compress_part() {
  partial_frame& frame = *partial_;
  const bool first = frame.left.size() == frame.head.length;
  const auto part = frame.left.first(std::min(frame.left.size(), frame_deflater::part_size));
  frame.left = frame.left.subspan(part.size());
  frame.fed = frame.left.empty();
  deflater_->compress(frame.head, part, first, frame.fed);
  return part.size();
}

}  // namespace wsx::protocol
