#pragma once

#include <wsx/bytes.hpp>
#include <wsx/close_code.hpp>
#include <wsx/export.hpp>
#include <wsx/memory/byte_buffer.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace wsx::protocol {

/// The payload of a Close frame. RFC 6455 5.5.1.
struct close_payload {
  std::optional<close_code> code{};  ///< absent: the frame was empty
  std::string reason{};

  bool operator==(const close_payload&) const = default;
};

/// Reads the payload of a received Close frame. Errors: `errc::bad_close_payload`,
/// `errc::bad_close_code`, `errc::invalid_utf8`.
WSX_API std::error_code parse_close(bytes_view payload, close_payload& out);

/// Checks a Close frame that the user wants to send. Errors: `errc::invalid_close_code`,
/// `errc::control_payload_too_long`, `errc::invalid_text` (a reason that is not UTF-8).
WSX_API std::error_code check_close(close_code code, std::string_view reason) noexcept;

/// Appends the payload of a Close frame to `out`: nothing if there is no code.
WSX_API void write_close(const close_payload& close, memory::byte_buffer& out);

}  // namespace wsx::protocol
