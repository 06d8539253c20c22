#include <wsx/metrics.hpp>

#include <algorithm>

namespace wsx {

void metrics::traffic::add(opcode op, bool fin, std::uint64_t size) noexcept {
  frames.add(1);
  bytes.add(size);
  if (fin && !is_control(op)) messages.add(1);
}

metric_values::traffic metrics::traffic::values() const noexcept {
  return {.messages = messages.value(), .frames = frames.value(), .bytes = bytes.value()};
}

void metrics::histogram::add(std::chrono::nanoseconds duration) noexcept {
  const auto& bounds = duration_histogram::bounds;
  const auto bucket = std::ranges::lower_bound(bounds, duration) - bounds.begin();
  counts_[static_cast<std::size_t>(bucket)].add(1);
  sum_.add(static_cast<std::uint64_t>(duration.count()));
}

duration_histogram metrics::histogram::values() const noexcept {
  duration_histogram all;
  std::ranges::transform(counts_, all.counts.begin(), &number::value);
  all.sum = std::chrono::nanoseconds(sum_.value());
  return all;
}

metric_values metrics::values() const noexcept {
  const auto ended = [this](close_origin by) {
    return ended_[static_cast<std::size_t>(by)].value();
  };
  return {.received = received_.values(),
          .sent = sent_.values(),
          .attempts = attempts_.value(),
          .failed_attempts = failed_attempts_.value(),
          .connections = connections_.value(),
          .open = open_.value(),
          .reconnects = reconnects_.value(),
          .ended_by_client = ended(close_origin::local),
          .ended_by_server = ended(close_origin::remote),
          .ended_by_error = ended(close_origin::error),
          .refused_sends = refused_[0].value(),
          .refused_replies = refused_[1].value(),
          .refused_messages = refused_[2].value(),
          .mailbox = mailbox_.value(),
          .keepalive = keepalive_.values(),
          .queue_delay = queue_delay_.values(),
          .callbacks = callbacks_.values()};
}

void metrics::count(const event::attempt_started&) noexcept {
  attempts_.add(1);
}

void metrics::count(const event::attempt_failed&) noexcept {
  failed_attempts_.add(1);
}

void metrics::count(const event::connected&) noexcept {
  connections_.add(1);
  open_.add(1);
}

void metrics::count(const event::disconnected& e) noexcept {
  open_.subtract(1);
  ended_[static_cast<std::size_t>(e.reason.origin)].add(1);
}

void metrics::count(const event::frame_sent& e) noexcept {
  sent_.add(e.op, e.fin, e.size);
}

void metrics::count(const event::frame_received& e) noexcept {
  received_.add(e.op, e.fin, e.size);
}

void metrics::count(const event::queue_full& e) noexcept {
  refused_[static_cast<std::size_t>(e.queue)].add(e.count);
}

void metrics::count(const event::keepalive_answered& e) noexcept {
  keepalive_.add(e.round_trip);
}

void metrics::count(const event::reconnect_scheduled&) noexcept {
  reconnects_.add(1);
}

void metrics::count(const event::callback_returned& e) noexcept {
  callbacks_.add(e.took);
  mailbox_.set(e.mailbox);
}

void metrics::count(const event::queue_sampled& e) noexcept {
  queue_delay_.add(e.delay);
}

}  // namespace wsx
