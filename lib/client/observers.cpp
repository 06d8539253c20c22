#include "observers.hpp"

#include "../protocol/display.hpp"
#include "engine.hpp"

#include <new>
#include <utility>

namespace wsx::detail {

namespace {

constexpr event_set frame_events = event_bit<event::frame_received> | event_bit<event::frame_sent> |
                                   event_bit<event::queue_sampled>;

// Measurements are not for a trace.
constexpr event_set untraced =
    event_bit<event::callback_returned> | event_bit<event::queue_sampled>;

engine& engine_of(callback_context& client) noexcept {
  return static_cast<engine&>(client);
}

event::frame_sent sent_of(const protocol::outgoing_batch::wire_frame& frame) noexcept {
  const bool begins = !is_control(frame.head.op) && frame.head.op != opcode::continuation;
  return {.op = frame.head.op,
          .fin = frame.head.fin,
          .compressed = begins && frame.head.rsv1,
          .size = frame.head.length,
          .masked = frame.masked,
          .masking_key = frame.key};
}

event::frame_received received_of(protocol::event kind, const protocol::incoming& input) noexcept {
  event::frame_received e{.size = input.payload().size(), .payload = input.payload()};
  using enum protocol::event;
  switch (kind) {
    case text: e.op = opcode::text; break;
    case binary: e.op = opcode::binary; break;
    case fragment:
      e.op = input.first() ? input.message_kind() : opcode::continuation;
      e.fin = input.last();
      break;
    case ping: e.op = opcode::ping; break;
    case pong: e.op = opcode::pong; break;
    case need_input: break;
  }
  return e;
}

}  // namespace

observers::~observers() {
  delete so_far();
}

observers::observation& observers::made() {
  if (observation* const known = so_far()) return *known;
  auto fresh = std::make_unique<observation>();
  observation* other = nullptr;
  const bool first = lazy_.compare_exchange_strong(other, fresh.get(), std::memory_order_acq_rel);
  return first ? *fresh.release() : *other;
}

tracer& observers::tracing() {
  return made().trace;
}

const tracer* observers::tracing_so_far() const noexcept {
  const observation* const known = so_far();
  return known == nullptr ? nullptr : &known->trace;
}

void observers::handler_set(callback_context& client) noexcept {
  using enum callback_context::observer;
  const event_set events = engine_of(client).parts().handler->events();
  client.observed_by(handler_for_frames, (events & frame_events) != 0);
  client.observed_by(handler_for_refusals, (events & event_bit<event::queue_full>) != 0);
}

void observers::handler_replaced(callback_context& client, std::string_view old_version,
                                 std::string_view new_version) noexcept {
  handler_set(client);
  tell(client, event::handler_replaced{old_version, new_version});
}

bool observers::wanted(callback_context& client, event_set any) const noexcept {
  const engine& e = engine_of(client);
  if (e.gone()) return false;
  const bool shown = client.traced() && (any & ~untraced) != 0;
  return shown || (e.parts().handler && (e.parts().handler->events() & any) != 0);
}

// Passes the event on; returns what the handler has thrown.
std::exception_ptr observers::pass(callback_context& client, any_event e) noexcept {
  const event_set bit = event_set{1} << e.index();
  if (!wanted(client, bit)) return {};
  engine& owner = engine_of(client);
  std::exception_ptr thrown;
  client.set_telling(true);
  if (client.traced() && (bit & untraced) == 0) so_far()->trace.show(client, e, client.now());
  try {
    if (!owner.gone() && owner.parts().handler) owner.parts().handler->handle_event(e);
  } catch (...) {
    thrown = std::current_exception();
  }
  client.set_telling(false);
  return thrown;
}

void observers::tell_any(callback_context& client, any_event e) noexcept {
  if (auto thrown = pass(client, e)) client.failed(std::move(thrown));
}

void observers::tell_received(callback_context& client, protocol::event kind,
                              const protocol::incoming& input) noexcept {
  tell(client, received_of(kind, input));
}

void observers::tell_attempt(callback_context& client, std::size_t number,
                             std::string_view url) noexcept {
  if (!wanted(client, event_bit<event::attempt_started>)) return;
  try {
    tell(client, event::attempt_started{number, protocol::display_url(url)});
  } catch (const std::bad_alloc&) {  // nobody is told
  }
}

void observers::tell_disconnected(callback_context& client, const close_reason& reason,
                                  time_point opened_at, std::size_t number,
                                  bool still_connected) noexcept {
  tell(client, event::disconnected{reason, client.now() - opened_at, number, still_connected});
}

void observers::wrote(callback_context& client, const producers& from,
                      const protocol::outgoing_batch& batch, std::size_t count) noexcept {
  try {
    observation& known = made();
    const bool samples = wanted(client, event_bit<event::queue_sampled>);
    if (samples && !known.queued) known.queued = sample{client.now(), from.mark()};
    if (wanted(client, event_bit<event::frame_sent>)) tell_frames(client, batch, count);
  } catch (const std::bad_alloc&) {  // nobody is told
  }
}

// Tells of the frames that end within these bytes, as far as the batch has them. If the handler
// throws, the connection must not fail before the bytes are counted.
void observers::tell_frames(callback_context& client, const protocol::outgoing_batch& batch,
                            std::size_t count) {
  const std::size_t before = batch.written();
  protocol::outgoing_batch::wire_frame frame;
  for (std::size_t at = batch.first_frame(); at < batch.size();) {
    at = batch.read_frame(at, frame);
    if (at > before + count) return;
    if (at <= before) continue;
    const auto e = sent_of(frame);
    if (auto thrown = pass(client, &e)) made().thrown = std::move(thrown);
  }
}

void observers::counted(callback_context& client, producers& from) noexcept {
  observation* const known = so_far();
  if (known == nullptr) return;
  if (known->queued && from.written(known->queued->mark)) {
    const sample done = std::move(*std::exchange(known->queued, std::nullopt));
    tell(client, event::queue_sampled{client.now() - done.since});
  }
  if (auto thrown = std::exchange(known->thrown, nullptr)) client.failed(std::move(thrown));
}

void observers::count_callback() noexcept {
  if (observation* const known = so_far()) known->trace.count_callback();
}

void observers::refused(callback_context& client, event::queue_full::of queue) noexcept {
  if (!client.told_of_refusals()) return;
  try {
    auto& count = made().refused[static_cast<std::size_t>(queue)];
    if (count.fetch_add(1, std::memory_order_relaxed) > 0) return;  // it is on its way
    auto self = engine_of(client).shared_from_this();
    const strand& serial = self->serial();
    post_on(serial, [this, self = std::move(self), queue] { tell_refused(*self, queue); });
  } catch (const std::bad_alloc&) {  // the next one tells
    if (observation* const known = so_far())
      known->refused[static_cast<std::size_t>(queue)].store(0, std::memory_order_relaxed);
  }
}

void observers::tell_refused(callback_context& client, event::queue_full::of queue) noexcept {
  auto& waiting = so_far()->refused[static_cast<std::size_t>(queue)];
  tell(client, event::queue_full{queue, waiting.exchange(0, std::memory_order_relaxed)});
}

// The callbacks' side.

void callback_context::observed_by(observer who, bool on) noexcept {
  const auto bit = static_cast<std::uint8_t>(who);
  if (on) {
    observed_by_.fetch_or(bit, std::memory_order_relaxed);
  } else {
    observed_by_.fetch_and(static_cast<std::uint8_t>(~bit), std::memory_order_relaxed);
  }
}

void callback_context::tell_returned(std::chrono::steady_clock::time_point begin) {
  engine& e = engine_of(*this);
  e.parts().events.tell(*this, event::callback_returned{now() - begin, e.parts().messages.size()});
}

std::chrono::steady_clock::time_point callback_context::now() const noexcept {
  return static_cast<const engine&>(*this).parts().time.now();
}

void callback_context::count_observed() noexcept {
  engine_of(*this).parts().events.count_callback();
}

}  // namespace wsx::detail
