#include "producers.hpp"

#include <wsx/error.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <utility>

namespace wsx::detail {

void producers::add_flush(ticket t, completion<std::error_code> done) {
  flush_mark mark{t, outbox_.staged_total(), {}};
  for (const auto& source : outbox_.sources()) {
    if (const auto left = source->outstanding(); left > 0)
      mark.queued.push_back({source, source->written, source->written + left});
  }
  flush_marks_.push_back(std::move(mark));
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

// Completes sends whose frames have been written, or were dropped because their message was cut.
void producers::tell_written() {
  end_flushes(lost, errc::connection_dropped);
  end_flushes([this](const flush_mark& mark) { return flushed(mark); }, std::error_code());
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

// Completes the flushes for which `ended` returns true. Completing one may throw; it has been
// removed by then.
template <class Ended>
void producers::end_flushes(Ended ended, std::error_code how) {
  for (auto mark = flush_marks_.begin(); mark != flush_marks_.end();) {
    if (!ended(*mark)) {
      ++mark;
      continue;
    }
    const ticket number = mark->number;
    mark = flush_marks_.erase(mark);
    on_flushed_.complete(number, how);
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
    unfinished = outbox_.detach(&*gone) || unfinished;
  }
}

bool producers::flushed(const flush_mark& mark) const {
  if (outbox_.staged_written() < mark.staged) return false;
  return std::ranges::all_of(mark.queued,
                             [](const auto& s) { return s.source->written >= s.until; });
}

bool producers::lost(const flush_mark& mark) {
  return std::ranges::any_of(mark.queued,
                             [](const auto& s) { return s.source->lost_within(s.from, s.until); });
}

void producers::connection_ended(bool drops_unsent, std::uint32_t next) {
  outbox_.count_written();
  tell_written();
  // Replies belong to their connection: those that it has not written are lost.
  const auto replies_lost = [this](const flush_mark& mark) {
    return outbox_.staged_written() < mark.staged;
  };
  end_flushes(replies_lost, errc::connection_dropped);
  outbox_.reset(drops_unsent, next);
  tell_written();
  if (drops_unsent) fail(errc::connection_dropped);
}

void producers::fail(std::error_code error) {
  for (send_channel& channel : channels()) {
    if (!channel.on_written) continue;
    channel.waiting.reset();
    channel.unblock();
    channel.on_written(error);
  }
  flush_marks_.clear();
  on_flushed_.complete_all(errc::connection_dropped);
}

void producers::drop_handlers() noexcept {
  on_flushed_.drop();
  for (send_channel& channel : channels()) auto unwritten = std::move(channel.on_written);
}

}  // namespace wsx::detail
