#pragma once

#include <wsx/error.hpp>
#include <wsx/export.hpp>
#include <wsx/opcode.hpp>
#include <wsx/protocol/outgoing_frame.hpp>
#include <wsx/protocol/utf8.hpp>

namespace wsx::protocol {

/// Checks that the user's frames follow the RFC before they are queued. The rules are about
/// payloads of control frames (RFC 6455 5.5), UTF-8 (5.6), and the order of fragments (5.4). One
/// per producer.
class send_validator {
 public:
  /// Returns `errc{}` if the frame may be sent, or else `errc::control_payload_too_long`,
  /// `errc::invalid_text` or `errc::fragment_out_of_order`. Changes nothing, since there may be no
  /// space for a frame that passes.
  errc check(const outgoing_frame& frame) const noexcept {
    const bool whole_binary = frame.head.op == opcode::binary && frame.head.fin;
    return whole_binary && !in_message_ ? errc{} : check_all(frame);
  }

  /// The frame that passed has been queued.
  void commit(const outgoing_frame& frame) noexcept {
    if (within_message(frame)) commit_fragment(frame);
  }

  /// Returns whether a frame begins, continues or interrupts a message in fragments.
  bool within_message(const outgoing_frame& frame) const noexcept {
    return in_message_ || !frame.head.fin;
  }

  /// Returns whether a message in fragments has begun and is not finished.
  bool in_message() const noexcept { return in_message_; }

 private:
  WSX_API errc check_all(const outgoing_frame& frame) const noexcept;
  WSX_API void commit_fragment(const outgoing_frame& frame) noexcept;
  bool in_order(const outgoing_frame& frame) const noexcept;
  bool valid_text(const outgoing_frame& frame) const noexcept;

  bool in_message_ = false;
  opcode kind_ = opcode::binary;
  utf8_validator utf8_;
};

}  // namespace wsx::protocol
