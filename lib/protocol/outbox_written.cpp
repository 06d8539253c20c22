#include <wsx/protocol/outbox.hpp>

#include <utility>

// What becomes of frames that have been written, and of those that a broken connection cut.

namespace wsx::protocol {

void outbox::wrote(std::size_t count) {
  written_ += count;
  if (written_ < current().size()) return;
  free_written();
  staged_written_ += std::exchange(staged_in_batch_, 0);
  forget_batch();
}

void outbox::forget_batch() noexcept {
  stretches_.clear();
  batch_.clear();
  in_place_ = {};
  written_ = 0;
}

void outbox::note(const stretch& s) {
  if (s.frames && !stretches_.empty()) {
    stretch& last = stretches_.back();
    if (last.frames && last.source == s.source && last.end == s.begin) {
      last.end = s.end;
      last.frees += s.frees;
      return;
    }
  }
  stretches_.push_back(s);
}

// Frees the frames that were written whole.
void outbox::free_written() {
  for (const stretch& s : stretches_) {
    if (s.begin > written_) return;
    if (s.end <= written_) {
      free_frames(*s.source, s.frees);
    } else if (s.frames) {
      free_frames(*s.source, s.source->queue.whole_frames(written_ - s.begin));
    }
  }
}

// A source's queued frames are always written before the one that waits behind them.
void outbox::free_frames(frame_source& source, std::uint64_t size) {
  source.written += size;
  if (source.queue.unreleased() > 0) {
    source.queue.release(static_cast<std::size_t>(size));
  } else if (size > 0) {
    source.waiting.reset();
  }
}

void outbox::reset(bool drop) {
  free_written();
  forget_batch();
  staged_.clear();
  partial_.reset();
  deflater_.reset();
  message_of_ = nullptr;
  staged_open_ = false;
  staged_in_batch_ = 0;
  staged_written_ = staged_total_;
  ping_.reset();
  pong_.reset();
  close_.reset();
  closed_ = drain_ = false;
  for (const auto& source : sources_) {
    source->queue.rewind(keys_);
    if (source->waiting) source->waiting->begun = false;
    if (drop) clear(*source);
  }
}

void outbox::clear(frame_source& source) {
  const auto queued = source.queue.readable();
  source.queue.skip(queued);
  free_frames(source, queued);
}

void outbox::release_memory() noexcept {
  if (batch_.empty()) batch_.release();
  if (staged_.empty()) staged_.release();
  if (deflater_) deflater_->release_memory();
}

}  // namespace wsx::protocol
