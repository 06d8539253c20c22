#include <wsx/error.hpp>
#include <wsx/frame.hpp>
#include <wsx/protocol/close_payload.hpp>
#include <wsx/protocol/utf8.hpp>

#include <array>

namespace wsx::protocol {

std::error_code parse_close(bytes_view payload, close_payload& out) {
  out = {};
  if (payload.empty()) return {};
  if (payload.size() == 1) return errc::bad_close_payload;
  const auto code = static_cast<close_code>(std::to_integer<unsigned>(payload[0]) << 8 |
                                            std::to_integer<unsigned>(payload[1]));
  if (!may_be_sent(code)) return errc::bad_close_code;
  const bytes_view reason = payload.subspan(2);
  if (!is_utf8(reason)) return errc::invalid_utf8;
  out.code = code;
  out.reason = as_chars(reason);
  return {};
}

std::error_code check_close(close_code code, std::string_view reason) noexcept {
  if (!may_be_sent(code)) return errc::invalid_close_code;
  if (reason.size() > max_close_reason) return errc::control_payload_too_long;
  if (!is_utf8(as_bytes(reason))) return errc::invalid_text;
  return {};
}

void write_close(const close_payload& close, memory::byte_buffer& out) {
  if (!close.code) return;
  const auto value = static_cast<std::uint16_t>(*close.code);
  const std::array<std::byte, 2> code{static_cast<std::byte>(value >> 8),
                                      static_cast<std::byte>(value & 0xff)};
  out.append(code);
  out.append(as_bytes(close.reason));
}

}  // namespace wsx::protocol
