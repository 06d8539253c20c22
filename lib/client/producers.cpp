#include "producers.hpp"

#include <wsx/error.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <utility>

namespace wsx::detail {

producers::queued_mark producers::mark() const {
  queued_mark mark{outbox_->staged_total(), {}};
  for (const auto& source : outbox_->sources()) {
    if (const auto left = source->outstanding(); left > 0)
      mark.queued.push_back({source, source->written, source->written + left});
  }
  return mark;
}

void producers::add_flush(ticket t, completion<std::error_code> done) {
  flush_marks_.push_back({mark(), t});
  on_flushed_.add(t, std::move(done));
}

void producers::cancel(ticket t) {
  on_flushed_.complete(t, asio::error::operation_aborted);
  std::erase_if(flush_marks_, [t](const flush_mark& mark) { return mark.number == t; });
  for (send_channel& channel : channels()) {
    if (channel.number == t) cancel_send(channel);
  }
}

// A frame that was begun must be finished: RFC 6455 has no way to withdraw it.
void producers::cancel_send(send_channel& channel) {
  if (!channel.on_written || !channel.waiting || channel.waiting->begun) return;
  channel.waiting.reset();
  // A flush waits only for frames before it.
  const std::uint64_t last = channel.written + channel.outstanding();
  for (auto& mark : flush_marks_) {
    for (auto& stretch : mark.queued) {
      if (stretch.source.get() == &channel) stretch.until = std::min(stretch.until, last);
    }
  }
  channel.unblock();
  channel.on_written(asio::error::operation_aborted);
}

// Decides which flushes have finished: their frames have been written, or were dropped because
// their message was cut.
void producers::settle_flushes() {
  for (auto& mark : flush_marks_) {
    if (mark.outcome) continue;
    if (lost(mark)) {
      mark.outcome = errc::connection_dropped;
    } else if (written(mark)) {
      mark.outcome = std::error_code();
    }
  }
}

void producers::tell() {
  tell_flushes();
  for (send_channel& channel : channels()) {
    if (!channel.on_written || channel.waiting) continue;
    const bool dropped = std::exchange(channel.waiting_dropped, false);
    if (dropped) {
      channel.unblock();
    } else {
      channel.blocked.store(false, std::memory_order_release);
    }
    channel.on_written(dropped ? make_error_code(errc::connection_dropped) : std::error_code());
  }
}

void producers::tell_flushes() {
  for (auto mark = flush_marks_.begin(); mark != flush_marks_.end();) {
    if (!mark->outcome) {
      ++mark;
      continue;
    }
    const flush_mark through = std::move(*mark);
    mark = flush_marks_.erase(mark);
    on_flushed_.complete(through.number, *through.outcome);
  }
}

// A sender that was destroyed is removed when all of its frames have been written. If it has left a
// message unfinished, nobody can finish it: RFC 6455 5.4 allows no other message before its end.
bool producers::drop_retired() {
  bool unfinished = false;
  for (;;) {
    const auto over = [](const send_channel& c) { return c.retired && c.outstanding() == 0; };
    const auto all = channels();
    const auto gone = std::ranges::find_if(all, over);
    if (gone == all.end()) return unfinished;
    unfinished = outbox_->detach(&*gone) || unfinished;
  }
}

bool producers::written(const queued_mark& mark) const {
  if (outbox_->staged_written() < mark.staged) return false;
  return std::ranges::all_of(mark.queued,
                             [](const auto& s) { return s.source->written >= s.until; });
}

bool producers::lost(const flush_mark& mark) {
  return std::ranges::any_of(mark.queued,
                             [](const auto& s) { return s.source->lost_within(s.from, s.until); });
}

void producers::connection_ended(bool drops_unsent, std::uint32_t next) {
  outbox_->count_written();
  settle_flushes();
  // Replies belong to their connection: those that it has not written are gone.
  for (auto& mark : flush_marks_) {
    if (!mark.outcome && outbox_->staged_written() < mark.staged)
      mark.outcome = errc::connection_dropped;
  }
  outbox_->reset(drops_unsent, next);
  for (send_channel& channel : channels()) {
    if (drops_unsent && channel.waiting) channel.drop_waiting();
  }
  settle_flushes();
}

void producers::fail(std::error_code error) {
  for (send_channel& channel : channels()) {
    if (!channel.on_written) continue;
    channel.waiting.reset();
    channel.unblock();
  }
  flush_marks_.clear();
  for (send_channel& channel : channels()) {
    if (channel.on_written) channel.on_written(error);
  }
  on_flushed_.complete_all(errc::connection_dropped);
}

void producers::drop_handlers() noexcept {
  on_flushed_.drop();
  for (send_channel& channel : channels()) auto unwritten = std::move(channel.on_written);
}

}  // namespace wsx::detail
