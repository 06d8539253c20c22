#include <wsx/protocol/outbox.hpp>

#include <algorithm>
#include <utility>

// What becomes of frames that have been written, of those that a Close goes before, and of those
// that a broken connection cut.

namespace wsx::protocol {

void outbox::wrote(std::size_t count) {
  const bool through = batch_.wrote(count);
  if (ping_end_ > 0 && ping_end_ <= batch_.written()) {
    ping_end_ = 0;
    ping_written_ = true;
  }
  if (through) end_batch();
}

void outbox::end_batch() noexcept {
  batch_.free_written();
  staged_.written += std::exchange(staged_.in_batch, 0);
  batch_.clear();
}

bool outbox::set_close(const close_payload& close, close_order order, std::size_t committed) {
  const bool hastens = order == close_order::after_replies;
  if (hastens) take_back(committed);
  // What was taken back can't be queued again before this one.
  if (closed_ || (close_ && !hastens)) return false;
  close_ = std::make_unique<const close_payload>(close);
  order_ = order;
  return true;
}

// Ends the batch where the frame ends that is being written; or behind what it has of control and
// staged frames, if these may go.
void outbox::take_back(std::size_t committed) noexcept {
  const auto parts = batch_.parts();
  std::size_t end = std::max<std::size_t>(batch_.next_frame(committed), parts.control_end);
  const bool within_staged = parts.staged_begin < end && end <= parts.staged_end;
  const bool open = !within_staged && batch_.open_at(end, parts.within_message);
  if (!open) end = std::max<std::size_t>(end, parts.staged_end);
  if (end >= batch_.size()) return;

  if (end < parts.staged_end) {
    staged_.dropped += batch_.count_frames(parts.staged_begin, parts.staged_end);
    staged_.in_batch = 0;
  }
  frames_encoded_ -= batch_.count_frames(end, batch_.size());
  closed_ = false;
  end_partial();
  stale_context_ = true;
  if (!open) message_of_ = nullptr;
  if (open && message_of_ == nullptr) message_of_ = &batch_;  // nobody can finish it any more
  batch_.truncate(end);
  if (batch_.left().empty()) end_batch();
}

void outbox::drop_staged() noexcept {
  staged_.dropped += std::exchange(staged_.frames, 0);
  staged_.bytes.clear();
}

void outbox::count_written() noexcept {
  const auto& parts = batch_.parts();
  const std::size_t unwritten = std::max<std::size_t>(batch_.written(), parts.staged_begin);
  staged_.dropped += batch_.count_frames(unwritten, parts.staged_end);
  batch_.free_written();
  batch_.clear();
  staged_.in_batch = 0;
  ping_end_ = 0;
}

void outbox::reset(bool drop, std::uint32_t next) {
  count_written();
  drop_staged();
  staged_.written = staged_.total;
  staged_.open = false;
  end_partial();
  deflater_.reset();
  stale_context_ = false;
  ping_.reset();
  ping_written_ = false;
  pongs_ = {};
  close_.reset();
  closed_ = false;
  connection_ = next;
  drops_ = drop;
  const void* const message_of = std::exchange(message_of_, nullptr);
  for (const auto& source : sources_) {
    source->rewind(keys_);
    source->note_cut(message_of == source.get());
    source->stale = drop;
    if (drop) source->clear();
  }
}

void outbox::release_memory() noexcept {
  if (batch_.empty()) batch_.release_memory();
  if (staged_.bytes.empty()) staged_.bytes.release();
  spare_.reset();
  if (deflater_) deflater_->release_memory();
}

}  // namespace wsx::protocol
