#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/frame.hpp>
#include <wsx/protocol/frame_encoder.hpp>
#include <wsx/protocol/utf8.hpp>

#include <system_error>

namespace wsx::protocol {

/// A frame of the user's as it goes to the wire, if it is not compressed. Data frames may be,
/// unless they were wrapped in `uncompressed`.
struct outgoing_frame {
  frame_head head{};
  bytes_view payload{};

  WSX_API explicit outgoing_frame(const text& message) noexcept;
  WSX_API explicit outgoing_frame(const binary& message) noexcept;
  WSX_API explicit outgoing_frame(const ping& control) noexcept;
  WSX_API explicit outgoing_frame(const pong& control) noexcept;
  WSX_API explicit outgoing_frame(const fragment& piece) noexcept;

  template <class Frame>
  explicit outgoing_frame(const uncompressed<Frame>& wrapped) noexcept
      : outgoing_frame(wrapped.frame) {
    head.rsv1 = false;
  }

  /// Of a fragment: what the user said about its place.
  bool first = true;
  opcode kind = opcode::binary;
};

/// Holds the user to the RFC before anything is queued: payloads of control frames (RFC 6455 5.5),
/// UTF-8 (5.6), and the order of fragments (5.4). One for each producer.
class outgoing_check {
 public:
  /// Errors: `errc::control_payload_too_long`, `errc::invalid_text`,
  /// `errc::fragment_out_of_order`. Changes nothing: a frame that passes may still find no room.
  WSX_API std::error_code check(const outgoing_frame& frame) const noexcept;

  /// The frame that passed has been queued.
  WSX_API void commit(const outgoing_frame& frame) noexcept;

 private:
  std::error_code check_order(const outgoing_frame& frame) const noexcept;
  std::error_code check_text(const outgoing_frame& frame) const noexcept;

  bool in_message_ = false;
  opcode kind_ = opcode::binary;
  utf8_validator utf8_;
};

}  // namespace wsx::protocol
