#pragma once

#include <wsx/testing/server_frame.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wsx::testing {

/// A frame that a client sent.
struct client_frame {
  std::uint8_t opcode = opcodes::text;
  std::string payload{};  ///< unmasked
  bool fin = true;
  std::uint8_t rsv = 0;
  mask_key mask{};  ///< for tests that keys are fresh for each frame (RFC 6455 5.3)
};

/// The longest payload that the decoder takes.
inline constexpr std::uint64_t max_client_payload = std::uint64_t{1} << 30;

/// Takes the first frame off `bytes`; without a value, and `bytes` untouched, if it is not whole.
/// Throws `script_error` as soon as the bytes cannot begin a frame that a client may send: not
/// masked, a length not in its shortest form, a reserved opcode, RSV2 or RSV3, a control frame in
/// fragments or over 125 bytes. RSV1 is left to the script, since an extension may define it.
std::optional<client_frame> decode_client_frame(std::string_view& bytes);

/// The frame in words, for messages: `text "hello"`, `close 1000 "bye"`; long payloads are cut.
std::string describe(const client_frame& frame);

}  // namespace wsx::testing
