#include <wsx/protocol/frame_source.hpp>

#include <algorithm>

namespace wsx::protocol {

void frame_source::free(std::uint64_t size) noexcept {
  written += size;
  if (queue.unreleased() > 0) {
    queue.release(static_cast<std::size_t>(size));
  } else if (size > 0) {
    waiting.reset();
  }
}

void frame_source::drop(std::uint64_t size) noexcept {
  if (written > dropped.end) dropped.begin = written;
  dropped.end = std::max(dropped.end, written + size);
  free(size);
}

void frame_source::drop_waiting() noexcept {
  waiting.reset();
  waiting_dropped = true;
}

void frame_source::clear() noexcept {
  queue.skip(queue.readable());
  if (const std::size_t left = queue.unreleased(); left > 0) drop(left);
  cut_before.store(static_cast<std::size_t>(written), std::memory_order_relaxed);
}

// A producer announces the connection that it has seen before it queues anything for it. Frames
// that are here before that are older.
void frame_source::drop_stale(std::uint32_t current) noexcept {
  std::size_t old = queue.readable();
  if (connection.load(std::memory_order_acquire) == current) {
    stale = false;
    old = queue.readable_before(queued_before.load(std::memory_order_relaxed));
  }
  if (old == 0) return;
  queue.skip(old);
  drop(old);
}

void frame_source::rewind(mask_key_source& keys) {
  queue.rewind(keys);
  if (waiting) waiting->begun = false;
}

// The next data frame shows it: a continuation has lost its beginning. Control frames between the
// fragments are messages of their own, and stay.
void frame_source::note_cut(bool open) noexcept {
  std::optional<range> rest;
  bool ended = false;
  std::uint64_t position = written;
  frame_queue::frame next;
  for (; !ended && queue.peek(next, static_cast<std::size_t>(position - written));
       position += next.bytes.size()) {
    if (is_control(next.head.op)) continue;
    const bool begins = next.head.op != opcode::continuation;
    ended = begins || next.head.fin;
    if (begins) break;
    if (!rest) rest = range{position, position};
    rest->end = position + next.bytes.size();
  }
  if (ended && !rest) return;  // another message comes next, from its beginning
  const bool rest_waits = !ended && waiting && waiting->head.op == opcode::continuation;
  if (!rest && !rest_waits && !open) return;
  if (rest) dropped = *rest;
  if (rest_waits) drop_waiting();
  cut_before.store(static_cast<std::size_t>(written), std::memory_order_relaxed);
}

bool frame_source::lost_within(std::uint64_t from, std::uint64_t until) const noexcept {
  const bool waited = waiting_dropped && until > written + outstanding();
  return waited || (dropped.begin < until && from < dropped.end);
}

}  // namespace wsx::protocol
