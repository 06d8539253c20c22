#include <wsx/error.hpp>
#include <wsx/protocol/outgoing.hpp>

namespace wsx::protocol {

outgoing_frame::outgoing_frame(const text& message) noexcept
    : head{.op = opcode::text, .rsv1 = true},
      payload(as_bytes(message.payload)),
      kind(opcode::text) {
  head.length = payload.size();
}

outgoing_frame::outgoing_frame(const binary& message) noexcept
    : head{.op = opcode::binary, .rsv1 = true, .length = message.payload.size()},
      payload(message.payload) {}

outgoing_frame::outgoing_frame(const ping& control) noexcept
    : head{.op = opcode::ping, .length = control.payload.size()}, payload(control.payload) {}

outgoing_frame::outgoing_frame(const pong& control) noexcept
    : head{.op = opcode::pong, .length = control.payload.size()}, payload(control.payload) {}

outgoing_frame::outgoing_frame(const fragment& piece) noexcept
    : head{.op = piece.first ? piece.op : opcode::continuation,
           .fin = piece.last,
           .rsv1 = piece.first,
           .length = piece.payload.size()},
      payload(piece.payload),
      first(piece.first),
      kind(piece.op) {}

std::error_code outgoing_check::check(const outgoing_frame& frame) const noexcept {
  // RFC 6455 5.4: only text and binary messages are made of fragments.
  if (frame.kind != opcode::text && frame.kind != opcode::binary)
    return errc::fragment_out_of_order;
  if (is_control(frame.head.op)) {
    // RFC 6455 5.5: a control frame has at most 125 bytes.
    const bool fits = frame.payload.size() <= max_control_payload;
    return fits ? std::error_code() : make_error_code(errc::control_payload_too_long);
  }
  if (const auto error = check_order(frame)) return error;
  return frame.kind == opcode::text ? check_text(frame) : std::error_code();
}

// RFC 6455 5.4: first, then continuations of the same message, the last of them with FIN.
std::error_code outgoing_check::check_order(const outgoing_frame& frame) const noexcept {
  const bool in_order = frame.first != in_message_;
  const bool same_kind = frame.first || frame.kind == kind_;
  return in_order && same_kind ? std::error_code() : make_error_code(errc::fragment_out_of_order);
}

std::error_code outgoing_check::check_text(const outgoing_frame& frame) const noexcept {
  if (frame.first && frame.head.fin)
    return is_utf8(frame.payload) ? std::error_code() : make_error_code(errc::invalid_text);
  utf8_validator after = frame.first ? utf8_validator() : utf8_;
  const bool valid = after.feed(frame.payload) && (!frame.head.fin || after.complete());
  return valid ? std::error_code() : make_error_code(errc::invalid_text);
}

void outgoing_check::commit(const outgoing_frame& frame) noexcept {
  if (is_control(frame.head.op)) return;
  in_message_ = !frame.head.fin;
  if (!in_message_) return;
  kind_ = frame.kind;
  if (kind_ != opcode::text) return;
  if (frame.first) utf8_.reset();
  utf8_.feed(frame.payload);
}

}  // namespace wsx::protocol
