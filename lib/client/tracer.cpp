#include "tracer.hpp"

#include <fmt/format.h>

#include <new>
#include <utility>
#include <variant>

namespace wsx::detail {

namespace {

std::string line_of(any_event e, const trace_options& how) {
  return std::visit(
      [&how](const auto* each) -> std::string {
        if constexpr (requires { event::to_string(*each, how); }) {
          return event::to_string(*each, how);
        } else {
          return {};
        }
      },
      e);
}

bool ends_message(any_event e) noexcept {
  const auto* const* sent = std::get_if<const event::frame_sent*>(&e);
  return sent != nullptr && (*sent)->fin && !is_control((*sent)->op);
}

}  // namespace

void tracer::trace(callback_context& client, trace_sink sink, const trace_options& how) {
  std::shared_ptr<const output> next;
  if (sink) next = std::make_shared<const output>(output{std::move(sink), how});
  const std::lock_guard lock(mutex_);
  output_.swap(next);  // the old sink is destroyed without the lock
  update(client);
}

void tracer::keep(callback_context& client, std::size_t lines, const trace_options& how,
                  time_point now) {
  const std::lock_guard lock(mutex_);
  ring_ = lines > 0 ? std::make_shared<ring>(ring{lines, how, now}) : nullptr;
  update(client);
}

void tracer::collect(callback_context& client, bool on, const counters& counts) {
  const std::lock_guard lock(mutex_);
  begin_.reset();
  if (on) {
    begin_ = counted(counts);
    begin_->since = std::chrono::system_clock::now();
  }
  update(client);
}

void tracer::update(callback_context& client) noexcept {
  client.observed_by(callback_context::observer::trace, output_ || ring_ || begin_);
}

std::vector<std::string> tracer::kept() const {
  const std::lock_guard lock(mutex_);
  if (!ring_) return {};
  return {ring_->lines.begin(), ring_->lines.end()};
}

// The counters since the client was made. The first connection is no reconnect.
trace_statistics tracer::counted(const counters& counts) const noexcept {
  const auto connects = counts.connects.value();
  return {.messages_received = counts.messages_received.value(),
          .messages_sent = messages_sent_.value(),
          .bytes_received = counts.bytes_received.value(),
          .bytes_sent = counts.bytes_sent.value(),
          .reconnects = connects > 0 ? connects - 1 : 0,
          .callbacks = callbacks_.value()};
}

std::optional<trace_statistics> tracer::statistics(const counters& counts) const {
  const std::lock_guard lock(mutex_);
  if (!begin_) return std::nullopt;
  trace_statistics all = counted(counts);
  all.since = begin_->since;
  all.messages_received -= begin_->messages_received;
  all.messages_sent -= begin_->messages_sent;
  all.bytes_received -= begin_->bytes_received;
  all.bytes_sent -= begin_->bytes_sent;
  all.reconnects -= begin_->reconnects;
  all.callbacks -= begin_->callbacks;
  return all;
}

void tracer::show(callback_context& client, any_event e, time_point now) noexcept {
  if (ends_message(e)) messages_sent_.add(1);
  try {
    std::unique_lock lock(mutex_);
    const auto to = output_;
    const auto keeps = ring_;
    lock.unlock();  // a sink may switch itself off
    if (to) pass_on(client, to, e);
    if (keeps) add(line_of(e, keeps->how), *keeps, now);
  } catch (const std::bad_alloc&) {  // the line is lost
  }
}

void tracer::pass_on(callback_context& client, const std::shared_ptr<const output>& to,
                     any_event e) {
  const std::string line = line_of(e, to->how);
  if (line.empty()) return;
  try {
    to->sink(line);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (output_ == to) output_.reset();
    update(client);
  }
}

void tracer::add(std::string line, const ring& to, time_point now) {
  if (line.empty()) return;
  const std::chrono::duration<double> time = now - to.since;
  line = fmt::format("+{:.3f} s {}", time.count(), line);
  const std::lock_guard lock(mutex_);
  if (ring_.get() != &to) return;
  ring_->lines.push_back(std::move(line));
  if (ring_->lines.size() > ring_->size) ring_->lines.pop_front();
}

}  // namespace wsx::detail
