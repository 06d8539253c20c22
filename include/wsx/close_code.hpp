#pragma once

#include <wsx/config.hpp>

#include <cstdint>

namespace wsx {

/// The status codes of a Close frame that RFC 6455 7.4.1 and the IANA registry name. Any other
/// value that `may_be_sent` accepts is just as good: `close_code{4001}`.
enum class close_code : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported_data = 1003,
  invalid_payload = 1007,
  policy_violation = 1008,
  message_too_big = 1009,
  mandatory_extension = 1010,
  internal_error = 1011,
  service_restart = 1012,
  try_again_later = 1013,
  bad_gateway = 1014,
};

/// Returns whether the code may appear in a Close frame. RFC 6455 7.4.1 reserves 1004 to 1006 and
/// 1015; 7.4.2 leaves 3000 to 3999 to registration and 4000 to 4999 to private use.
constexpr bool may_be_sent(close_code code) noexcept {
  const auto value = static_cast<std::uint16_t>(code);
  return (value >= 1000 && value <= 1003) || (value >= 1007 && value <= 1014) ||
         (value >= 3000 && value <= 4999);
}

}  // namespace wsx
