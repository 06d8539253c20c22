#include <wsx/protocol/outbox.hpp>

#include <utility>

// What becomes of frames that have been written, and of those that a broken connection cut.

namespace wsx::protocol {

void outbox::wrote(std::size_t count) {
  written_ += count;
  if (written_ < batch_.size()) return;
  free_written();
  staged_written_ += std::exchange(staged_in_batch_, 0);
  stretches_.clear();
  batch_.clear();
  written_ = 0;
}

// Frees the frames that were written whole.
void outbox::free_written() {
  for (const stretch& s : stretches_) {
    if (s.begin >= written_ && s.end > s.begin) return;
    if (s.frees > 0 && s.end <= written_) {
      free_frame(*s.source, s.frees);
    } else if (!s.compressed) {
      free_plain(s);
    }
  }
}

// Batches hold frames in wire layout, which tells where each begins and ends.
void outbox::free_plain(const stretch& s) {
  std::size_t position = s.begin;
  if (position == 0 && lead_ > 0) {
    if (lead_ > written_) return;
    free_frame(*s.source, lead_frame_);
    position = static_cast<std::size_t>(lead_);
  }
  while (position < s.end && position < written_) {
    frame_head head;
    read_header(batch_.view().data() + position, head);
    const auto size = frame_size(head.length);
    if (size > written_ - position) return;
    free_frame(*s.source, frame_queue::size_of(head.length));
    position += static_cast<std::size_t>(size);
  }
}

// Or several, of the queue. A source's queued frames are always written before the one that waits
// behind them.
void outbox::free_frame(frame_source& source, std::uint64_t size) {
  source.written += size;
  if (source.queue.unreleased() > 0) {
    source.queue.release(static_cast<std::size_t>(size));
  } else {
    source.waiting.reset();
  }
}

void outbox::reset(bool drop) {
  free_written();
  stretches_.clear();
  batch_.clear();
  staged_.clear();
  written_ = 0;
  partial_.reset();
  deflater_.reset();
  message_of_ = nullptr;
  staged_open_ = false;
  staged_in_batch_ = 0;
  staged_written_ = staged_total_;
  ping_.pending = pong_.pending = false;
  close_.reset();
  closed_ = drain_ = false;
  for (const auto& source : sources_) {
    source->queue.rewind();
    if (source->waiting) source->waiting->begun = false;
    if (drop) clear(*source);
  }
}

void outbox::clear(frame_source& source) {
  frame_head head;
  while (source.queue.read_head(head)) {
    source.queue.skip(static_cast<std::size_t>(head.length));
    free_frame(source, frame_queue::size_of(head.length));
  }
}

void outbox::release_memory() noexcept {
  if (batch_.empty()) batch_.release();
  if (staged_.empty()) staged_.release();
  if (deflater_) deflater_->release_memory();
}

}  // namespace wsx::protocol
