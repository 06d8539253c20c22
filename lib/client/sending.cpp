#include "../protocol/frame_queue_push.hpp"
#include "engine.hpp"

#include <wsx/error.hpp>

#include <new>
#include <utility>

// How producers send: `try_send` and `send` put frames where the outbox finds them, and notify the
// strand.

namespace wsx::detail {

inline errc engine::try_send(send_channel& channel, const protocol::outgoing_frame& frame) {
  const gate::state state = parts().door.load();
  if (state.bits() != channel.admitted) {
    if (const auto error = admit(channel, state); error != errc{}) return error;
  }
  if (const auto error = channel.check.check(frame); error != errc{}) return error;
  if (!channel.queue.try_push_inline(frame.head, frame.payload)) {
    const bool fits = channel.queue.can_ever_hold(frame.payload.size());
    if (fits) parts().events.refused(*this, event::queue_full::of::sender);
    return fits ? errc::queue_full : errc::message_over_queue;
  }
  channel.commit(frame);
  parts().door.notifier().notify();
  return errc{};
}

errc engine_ref::try_send(send_channel& channel, const protocol::outgoing_frame& frame) const {
  return engine_->try_send(channel, frame);
}

// For a producer whose last frame was queued in another state, or whose last `send` had to wait.
// While it waits, the rest of the channel is for the strand only.
errc engine::admit(send_channel& channel, gate::state state) noexcept {
  if (const auto error = state.not_open(); error != errc{}) return error;
  if (channel.blocked.load(std::memory_order_acquire)) {
    parts().events.refused(*this, event::queue_full::of::sender);
    return errc::queue_full;
  }
  channel.see_connection(state.connection(), drops_unsent());
  channel.admitted = state.bits();
  return errc{};
}

// A frame that did not fit in the queue waits behind it, where the producer left it.
void engine::send(ticket t, std::shared_ptr<send_channel> channel,
                  const protocol::outgoing_frame& frame, completion<std::error_code> done,
                  std::vector<std::byte> copy) {
  const gate::state state = parts().door.load();
  if (const auto error = state.not_open(); error != errc{}) return done.complete_immediately(error);
  if (channel->blocked.exchange(true, std::memory_order_acq_rel))
    return done.complete_immediately(errc::queue_full);
  channel->admitted = send_channel::none;
  channel->see_connection(state.connection(), drops_unsent());
  if (const auto error = channel->check.check(frame); error != errc{}) {
    channel->blocked.store(false, std::memory_order_release);
    return done.complete_immediately(error);
  }
  channel->commit_waiting(frame);

  operation_memory* const memory = done.memory();
  auto wait = [self = shared_from_this(), t, channel, frame, state, done = std::move(done),
               copy = std::move(copy)]() mutable {
    channel->on_written = std::move(done);
    channel->number = t;
    channel->waiting = {.head = frame.head, .payload = frame.payload, .copy = std::move(copy)};
    self->wait_for_room(*channel, state);
  };
  try {
    dispatch_unless_telling(*this, serial(), std::move(wait), memory);
  } catch (...) {  // no memory to reach the strand: nothing waits
    channel->unblock();
    throw;
  }
}

void engine::wait_for_room(send_channel& channel, gate::state state) {
  if (this->state().ended()) return parts().senders.fail(life_.how_it_ended().unsent_error());
  if (!still_of_use(channel, state)) channel.drop_waiting();
  life_.pump();
  if (channel.waiting_dropped) after_write();
}

// Returns whether a waiting frame may be sent, though its connection may have ended.
bool engine::still_of_use(const send_channel& channel, gate::state state) const noexcept {
  if (state.connection() == this->state().connection()) return true;
  const bool continues = channel.waiting->head.op == opcode::continuation;
  return !drops_unsent() && !(continues && channel.is_cut());
}

std::shared_ptr<send_channel> engine::make_channel() {
  using protocol::payloads;  // frames that a connection might compress can't be masked in advance
  const auto form = parts().options->deflate ? payloads::unmasked : payloads::masked;
  auto channel = std::make_shared<send_channel>(parts().options->send_queue_size, form);
  if (state().ended()) return channel;
  post_on(serial(), [self = shared_from_this(), channel] {
    self->parts().senders.attach(channel);
    self->life_.pump();  // it may contain frames already
  });
  return channel;
}

void engine::retire(std::shared_ptr<send_channel> channel) noexcept {
  if (state().ended()) return;
  try {
    post_on(serial(), [self = shared_from_this(), channel = std::move(channel)] {
      channel->retired = true;
      self->life_.pump();  // nobody will notify for it any more
      self->after_write();
    });
  } catch (const std::bad_alloc&) {  // the channel stays as long as the client
  }
}

void engine::flush(ticket t, completion<std::error_code> done) {
  operation_memory* const memory = done.memory();
  auto begin = [self = shared_from_this(), t, done = std::move(done)]() mutable {
    if (const auto error = self->state().not_open(); error != errc{} && error != errc::closing)
      return done(error);
    self->parts().senders.add_flush(t, std::move(done));
    self->life_.pump();
    self->after_write();
  };
  post_on(serial(), std::move(begin), memory);
}

}  // namespace wsx::detail
