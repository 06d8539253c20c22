#include <wsx/protocol/outbox.hpp>

#include <utility>

namespace wsx::protocol {

bool outbox::stage(const frame_head& head, bytes_view payload) {
  const auto size = frame_size(payload.size());
  if (unsent_bytes() >= max_unsent_ || size > most_at_once - staged_.bytes.size()) return false;
  const auto target = staged_.bytes.prepare(static_cast<std::size_t>(size));
  staged_.bytes.commit(writer_.stage(target.data(), head, payload));
  ++staged_.frames;
  staged_.total += size;
  if (!is_control(head.op)) staged_.open = !head.fin;
  return true;
}

void outbox::set_ping(bytes_view payload) {
  ping_ = std::make_unique<const memory::pooled_bytes>(payload);
  batch_.parts().ping_end = 0;  // a ping that is being written is no longer asked for
}

bool outbox::set_close(const close_payload& close, close_order order, std::size_t committed) {
  const bool hastens = order == close_order::after_replies;
  if (hastens) take_back(committed);
  // A Close that was withdrawn can't be queued again before this one.
  if (closed_ || (close_ && !hastens)) return false;
  close_ = std::make_unique<const close_payload>(close);
  order_ = order;
  return true;
}

// Ends the batch after the frame that is being written, or after its control and staged frames, if
// these may be sent.
void outbox::take_back(std::size_t committed) noexcept {
  const auto cut = batch_.first_cut(committed);
  if (cut.position >= batch_.size()) return;
  if (const auto& parts = batch_.parts(); cut.position < parts.staged_end) {
    staged_.dropped += batch_.count_frames(parts.staged_begin, parts.staged_end);
    staged_.in_batch = 0;
  }
  closed_ = false;
  writer_.give_up();
  batch_.truncate(cut);
  if (batch_.left().empty()) end_batch();
}

bytes_view outbox::batch() {
  if (!batch_.empty()) return batch_.left();
  try {
    fill();
  } catch (...) {  // the batch is in an unknown state
    count_written();
    throw;
  }
  return batch_.left();
}

// Fills the next batch.
void outbox::fill() {
  if (writer_.within_frame()) writer_.finish_on_wire();
  auto& parts = batch_.parts();
  parts.whole_frames = batch_.end();
  if (writer_.within_frame() || closed_) return;
  parts.within_message = unfinished();
  if ((ping_ || !pongs_.empty()) && may_interrupt()) fill_control();
  parts.control_end = parts.staged_begin = parts.staged_end = batch_.end();
  if (close_ && order_ == close_order::after_replies) return fill_end();
  if (writer_.within_payload()) return writer_.go_on();
  if (batch_.message_of() != nullptr) sources_.go_on();
  fill_staged();
  if (!held_) sources_.fill();
  // If nothing can be sent, a message waits for its end, which will not come any more.
  if (close_ && !writer_.within_payload() && ((staged_.bytes.empty() && quiet()) || batch_.empty()))
    fill_close();
}

// RFC 6455 5.5: control frames may go between the fragments of a message, so they wait only for the
// frame that is being written. But tornado 6.2, aiohttp 3.8, wsproto 1.2 and Jetty 9.4 then forget
// that the message is compressed.
bool outbox::may_interrupt() const noexcept {
  const bool ends = close_ && order_ == close_order::after_replies;
  return !writer_.within_divided_message() || writer_.interruptible() || ends;
}

// Returns whether a producer's message is unfinished on the wire.
bool outbox::unfinished() const noexcept {
  if (writer_.within_payload()) return writer_.within_message();
  return batch_.message_of() != nullptr && batch_.message_of() != &staged_;
}

void outbox::fill_control() {
  while (!pongs_.empty() && batch_.room() >= frame_size(pongs_.front().size())) {
    writer_.put({.op = opcode::pong}, pongs_.front());
    pongs_.pop();
  }
  if (!ping_ || batch_.room() < frame_size(ping_->view().size())) return;
  writer_.put({.op = opcode::ping}, ping_->view());
  ping_.reset();
  batch_.parts().ping_end = batch_.end();
}

// The server has closed, or is told why the connection fails: replies to what it sent before are
// still sent. A frame that is being compressed is given up.
void outbox::fill_end() {
  const bool open = unfinished();
  if (open) drop_staged();
  if (writer_.within_payload()) {
    writer_.give_up();
    if (!open) batch_.set_message_of(nullptr);
  }
  fill_staged();
  fill_close();
}

// RFC 6455 5.5.1: nothing is sent after Close.
void outbox::fill_close() {
  if (batch_.room() < frame_size(max_control_payload)) return;
  memory::byte_buffer payload;
  write_close(*close_, payload);
  writer_.put({.op = opcode::close}, payload.view());
  closed_ = true;
}

// All of them at once, even beyond the batch's size: otherwise producers that never pause would
// always come first. Staged frames have their own limit.
void outbox::fill_staged() {
  if (staged_.bytes.empty() || writer_.within_payload() || batch_.in_place()) return;
  if (batch_.message_of() != nullptr && batch_.message_of() != &staged_) return;
  batch_.parts().staged_begin = batch_.end();
  staged_.in_batch = staged_.bytes.size();
  if (writer_.compresses()) {
    writer_.put_staged(staged_.bytes.view());
  } else {
    batch_.take(staged_.bytes, staged_.frames);
  }
  staged_.bytes.clear();
  staged_.frames = 0;
  batch_.parts().staged_end = batch_.end();
  batch_.set_message_of(staged_.open ? &staged_ : nullptr);
}

void outbox::wrote(std::size_t count) {
  const bool through = batch_.wrote(count);
  auto& ping_end = batch_.parts().ping_end;
  if (ping_end > 0 && ping_end <= batch_.written()) {
    ping_end = 0;
    ping_written_ = true;
  }
  if (through) end_batch();
}

void outbox::end_batch() noexcept {
  batch_.free_written();
  staged_.written += std::exchange(staged_.in_batch, 0);
  batch_.clear();
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
}

void outbox::reset(bool drop, std::uint32_t next) {
  count_written();
  drop_staged();
  staged_.written = staged_.total;
  staged_.open = false;
  writer_.reset();
  ping_.reset();
  ping_written_ = false;
  pongs_ = {};
  close_.reset();
  closed_ = false;
  sources_.reset(drop, next);
}

void outbox::take_producers(outbox& from) noexcept {
  sources_.take(from.sources_);
  take_counts(from);
}

void outbox::take_counts(outbox& from) noexcept {
  staged_.total += std::exchange(from.staged_.total, 0);
  staged_.written += std::exchange(from.staged_.written, 0);
  staged_.dropped += std::exchange(from.staged_.dropped, 0);
  batch_.count_put(from.batch_.take_frames());
}

void outbox::release_memory() noexcept {
  if (batch_.empty()) batch_.release_memory();
  if (staged_.bytes.empty()) staged_.bytes.release();
  writer_.release_memory();
}

}  // namespace wsx::protocol
