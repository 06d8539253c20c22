#include <wsx/protocol/frame_sources.hpp>

#include <limits>
#include <utility>

namespace wsx::protocol {

namespace {

// Shorter frames are copied instead of written with a system call of their own.
constexpr std::size_t worth_a_write = 16 * 1024;

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

}  // namespace

void frame_sources::attach(std::shared_ptr<frame_source> source) {
  source->stale = drops_;
  sources_.push_back(std::move(source));
}

bool frame_sources::detach(const frame_source* source) {
  std::erase_if(sources_, [source](const auto& s) { return s.get() == source; });
  return writer_.batch().message_of() == source;
}

void frame_sources::take(frame_sources& from) noexcept {
  sources_ = std::exchange(from.sources_, {});
  turn_ = from.turn_;
  drops_ = from.drops_;
  connection_ = from.connection_;
}

void frame_sources::go_on() {
  for (const auto& source : sources_) {
    if (writer_.batch().message_of() == source.get()) return fill_from(*source, true);
  }
}

void frame_sources::fill_in_turn() {
  for (std::size_t i = 0; i < sources_.size() && may_begin(); ++i) {
    turn_ %= sources_.size();
    frame_source& source = *sources_[turn_];
    const auto before = writer_.batch().size();
    fill_from(source, false);
    if (writer_.batch().size() == before && !source.empty()) return;  // its turn is the next batch
    ++turn_;
  }
}

bool frame_sources::may_begin() const noexcept {
  return !writer_.within_payload() && writer_.batch().message_of() == nullptr &&
         writer_.batch().room() >= max_header_size;
}

void frame_sources::fill_from(frame_source& source, bool one_message) {
  if (source.stale) source.drop_stale(connection_);
  if (source.stale) return;  // stale frames may have been added meanwhile
  if (source.empty()) return;
  if (source.queue.masked() && source.queue.readable() > 0) {
    put_ready(source, one_message);
    if (source.queue.readable() > 0 || (one_message && writer_.batch().message_of() == nullptr))
      return;
  }
  put_encoded(source, one_message);
}

// Adds frames that are ready for the wire. A few at the end of the ring are written separately,
// since copying many from its beginning would cost more.
void frame_sources::put_ready(frame_source& source, bool one_message) {
  while (writer_.batch().room() >= max_header_size) {
    const auto run = next_run(source);
    if (run.frames == 0) return;
    put_run(source, run);
    if (one_message && writer_.batch().message_of() == nullptr) return;
    if (run.at_end && source.queue.readable() >= worth_a_write) return;
  }
}

// Returns as many messages as there is space for, or one fragment. A message larger than a batch is
// returned if the batch has no frames of other producers yet.
frame_queue::run frame_sources::next_run(frame_source& source) {
  if (writer_.batch().message_of() == nullptr) {
    const auto messages = source.queue.take_messages(writer_.batch().room());
    if (messages.frames > 0) return messages;
  }
  frame_queue::frame next;
  if (!next_queued(source, next,
                   !writer_.batch().has_stretches() ? unlimited : writer_.batch().room()))
    return {};
  writer_.batch().note_message(&source, next.head);
  return {.bytes = next.bytes, .frames = 1};
}

// Short frames are copied together, since one write is cheaper than two, unless there is probably
// nothing else to write.
void frame_sources::put_run(frame_source& source, const frame_queue::run& run) {
  const bool alone =
      sources_.size() == 1 && !source.waiting && writer_.batch().message_of() == nullptr;
  const auto begin = writer_.batch().size();
  if (begin == 0 && (alone || run.bytes.size() >= worth_a_write)) {
    writer_.batch().set_in_place(run.bytes);
  } else {
    writer_.batch().buffer().append(run.bytes);
  }
  writer_.batch().count_put(run.frames);
  const auto size = run.bytes.size();
  writer_.batch().note(
      {.source = &source, .begin = begin, .end = begin + size, .frees = size, .frames = true});
}

// Adds frames that have to be masked, and perhaps compressed.
void frame_sources::put_encoded(frame_source& source, bool one_message) {
  frame_writer::frame next;
  while (!writer_.within_payload() && writer_.batch().room() >= max_header_size &&
         next_frame(source, next)) {
    writer_.begin(next);
    if (one_message && writer_.batch().message_of() == nullptr) return;
  }
}

// Returns the next frame of the source: from its queue, or else the one that waits behind it.
// Frames that arrive in a masked queue meanwhile are for the next batch.
bool frame_sources::next_frame(frame_source& source, frame_writer::frame& next) {
  frame_queue::frame queued;
  if (!source.queue.masked() && next_queued(source, queued, unlimited)) {
    next = {.source = &source, .head = queued.head, .payload = queued.payload(), .queued = true};
    return true;
  }
  if (source.queue.readable() > 0 || !source.waiting || source.waiting->begun) return false;
  const auto& waiting = *source.waiting;
  if (cut_off(source, waiting.head)) {
    if (source.queue.unreleased() == 0) source.drop_waiting();  // in order
    return false;
  }
  next = {.source = &source, .head = waiting.head, .payload = waiting.payload};
  return source.waiting->begun = true;
}

// Takes the next queued frame, if it has at most `most` bytes. Fragments whose message began on a
// connection that has ended are dropped.
bool frame_sources::next_queued(frame_source& source, frame_queue::frame& next, std::size_t most) {
  while (source.queue.peek(next)) {
    const bool dropped = cut_off(source, next.head);
    if (!dropped && next.bytes.size() > most) return false;
    if (dropped && source.queue.unreleased() > 0) return false;  // frees are in order: next time
    source.queue.skip(next.bytes.size());
    if (!dropped) return true;
    source.drop(next.bytes.size());
  }
  return false;
}

bool frame_sources::cut_off(const frame_source& source, const frame_head& head) const noexcept {
  return head.op == opcode::continuation && writer_.batch().message_of() != &source;
}

void frame_sources::reset(bool drop, std::uint32_t next) {
  connection_ = next;
  drops_ = drop;
  const void* const message_of = writer_.batch().message_of();
  writer_.batch().set_message_of(nullptr);
  for (const auto& source : sources_) {
    source->rewind(writer_.keys());
    source->note_cut(message_of == source.get());
    source->stale = drop;
    if (drop) source->clear();
  }
}

}  // namespace wsx::protocol
