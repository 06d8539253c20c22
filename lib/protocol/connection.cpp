#include "assembler_cache.hpp"

#include <wsx/protocol/connection.hpp>
#include <wsx/protocol/utf8.hpp>

#include <chrono>
#include <utility>

// Receiving, and deadlines.

namespace wsx::protocol {

namespace {

// Earlier replies of callbacks still reach the peer.
constexpr auto after_replies = close_order::after_replies;

// How long memory is kept for the next burst, without keepalive.
constexpr std::chrono::seconds memory_is_kept{20};

liveness::timing timing_of(const options& o) noexcept {
  return {{o.ping_interval, o.ping_timeout}, o.data_timeout};
}

}  // namespace

connection::connection(const options& o, const reception& wanted,
                       const std::optional<deflate_agreement>& deflate, outbox& out, time_point now)
    : options_(o), outbox_(out), reception_(wanted), liveness_(timing_of(o), now), now_(now) {
  if (!deflate) return;
  inflate_takeover_ = !deflate->server_no_context_takeover;
  inflate_window_bits_ = static_cast<std::uint8_t>(deflate->server_max_window_bits);
  outbox_.compress({.deflate = {.level = o.deflate->level,
                                .memory_level = o.deflate->memory_level,
                                .window_bits = deflate->client_max_window_bits,
                                .context_takeover = !deflate->client_no_context_takeover},
                    .threshold = o.deflate->threshold,
                    .release_when_idle = o.deflate->release_when_idle});
}

connection::~connection() = default;

message_assembler& connection::assembler() {
  if (assembler_) return *assembler_;
  std::optional<inflater> inflate;
  if (inflate_window_bits_ != 0) inflate.emplace(inflate_window_bits_, inflate_takeover_);
  assembler_ = acquire_assembler(
      {options_.max_message_size, options_.max_frame_size, options_.max_fragments}, reception_.how,
      std::move(inflate));
  return *assembler_;
}

std::span<std::byte> connection::next_read_buffer() {
  return assembler_ ? assembler_->place_for_rest() : std::span<std::byte>();
}

void connection::receive(bytes_view input, time_point now) {
  now_ = now;
  discard_rest();
  if (input.empty()) {
    if (timed_out()) give_up();
    return;
  }
  liveness_.heard();
  kind_ = opcode::continuation;  // no message of this input has been returned yet
  used_ = true;
  has_input_ = true;
  allowance_ = open() && !congested() ? pace_ : 0;
  if (!discarding_) assembler().feed(input);
  if (expired_ == expiry::no_data) expired_ = expiry::no_data_yet;
  if (!ends() && expired_ == expiry::silence) expired_ = expiry::none;  // just in time
  if (open()) return;
  discard();
  if (timed_out()) give_up();  // even if the peer never stops sending
}

void connection::discard_rest() {
  if (!has_input_ || open()) return;
  discard();
  has_input_ = false;
}

event incoming::next() {
  return static_cast<connection*>(this)->next_event();
}

bool incoming::pause_after_message() noexcept {
  auto& self = static_cast<connection&>(*this);
  self.reception_.pauses = self.open() && self.assembler_ && self.assembler_->within_message();
  return self.reception_.pauses;
}

void incoming::accept(const reception& wanted) noexcept {
  auto& self = static_cast<connection&>(*this);
  self.reception_ = wanted;
  if (self.assembler_) self.assembler_->reuse(wanted.how);
}

// The ordinary message is returned here and everything else elsewhere, since this runs per message.
event connection::next_event() {
  if (allowance_ == 0) return no_event();
  --allowance_;
  if (!assembler_->take_message(kind_, payload_)) return take(assembler_->next());
  if (kind_ == opcode::binary) {
    if (!reception_.binary) return take(receive_event::binary);
    ++messages_received_;
    return event::binary;
  }
  if (!is_utf8(payload_)) return take(assembler_->refuse_text());
  if (!reception_.text) return take(receive_event::text);
  ++messages_received_;
  return event::text;
}

// Somebody is told of each event, so each comes this way.
event incoming::next_told() {
  allowance_ = std::exchange(held_back_, 0);
  const event next = static_cast<connection*>(this)->next_event();
  if (next == event::need_input) return next;
  tell_each();
  if (observer_->arrived(next, *this)) return next;
  held_back_ = 0;
  payload_ = {};
  return event::need_input;
}

// There is nothing to return, or it has to wait.
event connection::no_event() {
  if (held_back_ > 0) return next_told();
  if (!open()) discard();
  payload_ = {};
  has_input_ = has_input_ && open();
  if (!has_input_ || pace_ != unlimited) return event::need_input;
  allowance_ = unlimited;
  return next_event();
}

event connection::take(receive_event came) {
  for (;; came = assembler_->next()) {
    if (came == receive_event::need_input) return input_ends();
    payload_ = assembler_->payload();
    if (reception_.pauses && assembler_->last()) allowance_ = 0;
    switch (came) {
      case receive_event::more: allowance_ = 0; break;
      case receive_event::text:
        ++messages_received_;
        kind_ = opcode::text;
        if (reception_.text) return event::text;
        fail(errc::unsupported_data, {}, "text, and there is no handle_frame(wsx::text)");
        break;
      case receive_event::binary:
        ++messages_received_;
        kind_ = opcode::binary;
        if (reception_.binary) return event::binary;
        fail(errc::unsupported_data, {}, "binary, and there is no handle_frame(wsx::binary)");
        break;
      case receive_event::fragment:
        kind_ = assembler_->message_kind();
        first_ = assembler_->first();
        last_ = assembler_->last();
        if (last_) ++messages_received_;
        return event::fragment;
      case receive_event::ping:
        if (reception_.pings) return event::ping;
        if (!may_send()) break;
        outbox_.add_pong(payload_);  // RFC 6455 5.5.2
        answered_ = true;
        if (observer_ != nullptr) observer_->took(opcode::ping, payload_);
        break;
      case receive_event::pong:
        if (const auto took = liveness_.pong(payload_, now_); took && observer_ != nullptr)
          observer_->answered(*took);
        return event::pong;
      case receive_event::close: received_close(); break;
      case receive_event::violation:  // RFC 6455 7.1.7
        fail(assembler_->error(), {}, assembler_->error_detail());
        break;
      case receive_event::need_input: break;  // see above
    }
    if (allowance_ == 0) return no_event();
    --allowance_;
  }
}

event connection::input_ends() {
  if (kind_ != opcode::continuation || assembler_->took_data()) {
    liveness_.data_arrived(now_);
    if (expired_ >= expiry::no_data) expired_ = expiry::none;  // just in time
  }
  has_input_ = false;
  allowance_ = 0;
  payload_ = {};
  release_assembler(assembler_);
  if (expired_ == expiry::no_data_yet || (timed_out() && ends())) give_up();
  return event::need_input;
}

// RFC 6455 5.5.1.
void connection::received_close() {
  if (observer_ != nullptr) observer_->took(opcode::close, assembler_->payload());
  begin_closing(close_.receive(assembler_->close()), after_replies);
}

// Once closing has begun only the peer's Close still matters, and after it nothing does. RFC 6455
// 1.4, 5.5.1.
void connection::discard() {
  if (over()) return;  // the reason is known
  if (close_.received()) discarding_ = true;
  while (!discarding_ && assembler_) {
    switch (assembler_->next()) {
      case receive_event::need_input: return release_assembler(assembler_);
      case receive_event::violation: discarding_ = true; break;
      case receive_event::close:
        received_close();
        discarding_ = true;
        break;
      default: break;
    }
  }
}

void connection::receive_end(std::error_code error, bool at_eof, std::string_view detail) {
  if (std::exchange(over_, true)) return;
  stop_events();
  close_.end(error, at_eof, detail);
}

void connection::keep_rest(memory::byte_buffer& place) {
  memory::byte_buffer kept;
  if (assembler_) {
    kept.append(assembler_->rest());
    assembler_->move_rest(kept.data());
  }
  place = std::move(kept);
}

void connection::give_up() {
  if (write_error_) return receive_end(write_error_, false);
  if (!may_send()) return receive_end(errc::close_timeout, false);
  receive_end(expired_ >= expiry::no_data ? errc::data_timeout : errc::ping_timeout, false);
}

void connection::conclude() {
  if (lost_) receive_end(write_error_, false);
}

// RFC 6455 6.1.
errc connection::send(const outgoing_frame& frame) {
  if (!may_send()) return errc::closing;
  if (const auto error = validator_.check(frame); error != errc{}) return error;
  if (!outbox_.stage(frame.head, frame.payload)) return errc::queue_full;
  validator_.commit(frame);
  if (congested()) stop_events();  // the next event could not be answered
  return errc{};
}

// RFC 6455 7.1.2.
std::error_code connection::close(close_payload how, late_input input) {
  if (!may_send()) return errc::closing;
  if (how.code) {
    if (const auto error = check_close(*how.code, how.reason)) return error;
  }
  const bool delivers = input == late_input::delivered;
  begin_closing(delivers ? close_.shutdown_send(std::move(how)) : close_.start(std::move(how)),
                close_order::after_queues);
  return {};
}

void connection::fail(std::error_code error, std::exception_ptr exception, std::string detail) {
  if (!open()) return;
  begin_closing(close_.fail(error, std::move(exception), std::move(detail)), after_replies);
}

void connection::begin_closing(const std::optional<close_payload>& close, close_order order) {
  const bool begins = !std::exchange(closing_, true);
  if (begins && !write_error_) {
    due_ = never;
    expired_ = expiry::none;
  }
  answered_ = true;
  stop_events();
  if (close && outbox_.set_close(*close, order, committed_)) close_.queued(close->code);
  if (begins && observer_ != nullptr) observer_->closing();
}

bytes_view connection::data_to_send(time_point now) {
  if (outbox_.within_divided_message())
    outbox_.bound_divided_message(now, options_.ping_timeout / 4);
  return outbox_.batch();
}

void connection::sent(std::size_t count, time_point now, std::size_t committed) {
  committed_ = static_cast<std::uint32_t>(committed);  // no more than a batch
  if (count == 0) return;
  used_ = true;
  outbox_.wrote(count);
  liveness_.sent(count, outbox_.take_ping_written(), now);
  if (outbox_.close_written()) close_.written();
}

// The closing handshake has its own deadline, and no keepalive.
std::optional<connection::time_point> connection::next_timeout(time_point now) {
  if (over() || (timed_out() && !(has_input_ && congested()))) return std::nullopt;
  if (due_ == never && ends()) due_ = now + options_.close_timeout;
  if (due_ == never && used_) due_ = now + memory_is_kept;
  if (ends()) return due_;
  const auto when = liveness_.next(congested(), now, timing_of(options_)).value_or(due_);
  return when == never ? std::nullopt : std::optional(when);
}

void connection::handle_timeout(time_point now, std::optional<std::size_t> unacknowledged) {
  if (over()) return;
  if (ends()) {
    expired_ = now >= due_ ? expiry::silence : expiry::none;
    return;
  }
  using enum liveness::verdict;
  auto due = liveness_.poll(now, congested(), unacknowledged, timing_of(options_));
  if (due == silent && has_input_ && congested()) {  // input that is not read proves no silence
    liveness_.heard();
    due = liveness_.poll(now, true, unacknowledged, timing_of(options_));
  }
  expired_ = expiry::none;
  if (due == silent || due == not_reading) expired_ = expiry::silence;
  if (due == no_data) expired_ = expiry::no_data;
  if (due == send_ping) outbox_.set_ping(liveness_.ping_payload());
  if (due == not_reading) receive_end(errc::peer_not_reading, false);
  // Called periodically: memory for a burst or a large message is not kept forever.
  if (!has_input_) {  // otherwise a callback may still view the assembler's memory
    if (assembler_) assembler_->release_memory();
    release_assembler(assembler_);
  }
  outbox_.release_memory();
  used_ = false;
  due_ = never;
}

void incoming::restart_liveness(std::chrono::steady_clock::time_point now) noexcept {
  auto& self = static_cast<connection&>(*this);
  self.liveness_.restart(now, timing_of(self.options_));
  if (!self.ends()) self.expired_ = connection::expiry::none;
}

}  // namespace wsx::protocol
