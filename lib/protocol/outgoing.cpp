#include <wsx/error.hpp>
#include <wsx/protocol/outgoing.hpp>

namespace wsx::protocol {

errc send_validator::check_all(const outgoing_frame& frame) const noexcept {
  // RFC 6455 5.4: only text and binary messages consist of fragments.
  if (frame.kind != opcode::text && frame.kind != opcode::binary)
    return errc::fragment_out_of_order;
  if (is_control(frame.head.op)) {
    // RFC 6455 5.5: a control frame has at most 125 bytes.
    if (frame.payload.size() > max_control_payload) return errc::control_payload_too_long;
    return errc{};
  }
  if (!in_order(frame)) return errc::fragment_out_of_order;
  if (frame.kind == opcode::text && !valid_text(frame)) return errc::invalid_text;
  return errc{};
}

// RFC 6455 5.4: first, then continuations of the same message, the last of them with FIN.
bool send_validator::in_order(const outgoing_frame& frame) const noexcept {
  const bool same_kind = frame.first || frame.kind == kind_;
  return frame.first != in_message_ && same_kind;
}

bool send_validator::valid_text(const outgoing_frame& frame) const noexcept {
  if (frame.first && frame.head.fin) return is_utf8(frame.payload);
  utf8_validator after = frame.first ? utf8_validator() : utf8_;
  return after.feed(frame.payload) && (!frame.head.fin || after.complete());
}

void send_validator::commit_fragment(const outgoing_frame& frame) noexcept {
  if (is_control(frame.head.op)) return;  // between fragments
  in_message_ = !frame.head.fin;
  kind_ = frame.kind;
  if (!in_message_ || kind_ != opcode::text) return;
  if (frame.first) utf8_.reset();
  utf8_.feed(frame.payload);
}

}  // namespace wsx::protocol
