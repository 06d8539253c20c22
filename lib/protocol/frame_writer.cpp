#include <wsx/protocol/frame_writer.hpp>

#include <algorithm>
#include <utility>

namespace wsx::protocol {

namespace {

// The part of a payload that is masked at once. It stays in a core's caches until it is written,
// and the receiver does not wait so long that it falls asleep. Half as much costs more system calls
// than it saves.
constexpr std::size_t masked_at_once = 64 * 1024;

}  // namespace

void frame_writer::put(const frame_head& head, bytes_view payload) {
  memory::byte_buffer& bytes = batch_.buffer();
  const auto target = bytes.prepare(static_cast<std::size_t>(frame_size(payload.size())));
  bytes.commit(encode_frame(target.data(), head, payload, keys().next()));
  batch_.count_put(1);
}

// A message is not compressed if the compressor may refer to data that was withdrawn.
void frame_writer::put_staged(bytes_view staged) {
  for (bytes_view left = staged; !left.empty();) {
    frame_head head;
    left = left.subspan(read_header(left.data(), head));
    const auto payload = left.first(static_cast<std::size_t>(head.length));
    left = left.subspan(payload.size());
    if (stale_context_) head.rsv1 = false;
    if (deflater_->takes(head)) {
      put_compressed(head, payload);
    } else {
      put(plain(head), payload);
    }
  }
}

void frame_writer::put_compressed(const frame_head& head, bytes_view payload) {
  bool first = true;
  do {
    const auto part = payload.first(std::min(payload.size(), frame_deflater::part_size));
    payload = payload.subspan(part.size());
    deflater_->compress(head, part, std::exchange(first, false), payload.empty());
    if (!deflater_->ready()) continue;
    put(deflater_->head(), deflater_->payload());
    deflater_->next();
  } while (!payload.empty());
}

void frame_writer::begin(const frame& next) {
  batch_.note_message(next.source, next.head);
  if (!partial_) partial_ = std::make_unique<partial_frame>();
  *partial_ = {.frame = next, .left = next.payload};
  within_payload_ = true;
  partial_->compressed = deflater_ && deflater_->takes(next.head);
  stretch s{.source = next.source, .begin = batch_.size()};
  s.frames = next.queued && !partial_->compressed;
  if (!partial_->compressed) begin_on_wire(plain(next.head), next.payload);
  continue_partial(s);
}

void frame_writer::begin_on_wire(const frame_head& head, bytes_view payload) {
  partial_->wire = wire_frame{.left = payload, .key = keys().next()};
  const auto target = batch_.buffer().prepare(max_header_size);
  batch_.buffer().commit(write_header(target.data(), head, partial_->wire->key));
  batch_.count_put(1);
}

void frame_writer::go_on() {
  continue_partial({.source = partial_->frame.source, .begin = batch_.size()});
}

void frame_writer::finish_on_wire() {
  const stretch s{.source = partial_->frame.source, .begin = batch_.size()};
  mask_part();
  note_part(s);
}

void frame_writer::continue_partial(stretch s) {
  partial_->compressed ? compress_some() : mask_part();
  note_part(s);
}

void frame_writer::note_part(stretch s) {
  s.end = batch_.size();
  const bool more = partial_->compressed && (!partial_->fed || deflater_->ready());
  if (!partial_->wire && !more) {
    s.frees = frame_size(partial_->frame.head.length);
    end_partial();
  } else {
    s.frames = false;
  }
  if (s.end > s.begin) batch_.note(s);
}

void frame_writer::mask_part() {
  wire_frame& on_wire = *partial_->wire;
  const auto count = std::min({on_wire.left.size(), batch_.room(), masked_at_once});
  const auto part = on_wire.left.first(count);
  mask_copy(batch_.buffer().prepare(count).data(), part, on_wire.key, on_wire.offset);
  batch_.buffer().commit(count);
  on_wire.left = on_wire.left.subspan(count);
  on_wire.offset += count;
  if (!on_wire.left.empty()) return;
  partial_->wire.reset();
  if (partial_->compressed) deflater_->next();
}

// Consumes no more than a batch's size, which may be much more than the output.
void frame_writer::compress_some() {
  for (std::size_t taken = 0;;) {
    if (deflater_->ready()) {
      if (batch_.room() < max_header_size) return;
      partial_->divided = partial_->divided || !partial_->fed;
      begin_on_wire(deflater_->head(), deflater_->payload());
      mask_part();
      if (partial_->wire) return;
    }
    if (partial_->fed || taken >= outgoing_batch::usual_size) return;
    taken += compress_part();
  }
}

std::size_t frame_writer::compress_part() {
  partial_frame& p = *partial_;
  const bool first = p.left.size() == p.frame.head.length;
  const auto part = p.left.first(std::min(p.left.size(), frame_deflater::part_size));
  p.left = p.left.subspan(part.size());
  p.fed = p.left.empty();
  deflater_->compress(p.frame.head, part, first, p.fed);
  return part.size();
}

void frame_writer::bound_divided_message(clock::time_point now, clock::duration most) noexcept {
  if (!partial_->divided_since) partial_->divided_since = now;
  partial_->interruptible = now - *partial_->divided_since >= most;
}

void frame_writer::release_memory() noexcept {
  if (!within_payload_) partial_.reset();
  keys_.reset();
  if (deflater_) deflater_->release_memory();
}

}  // namespace wsx::protocol
