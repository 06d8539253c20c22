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
  mask_key mask{};  ///< for tests that each frame has a fresh key (RFC 6455 5.3)
};

/// The longest payload that the decoder accepts.
inline constexpr std::uint64_t max_client_payload = std::uint64_t{1} << 30;

/// Removes the first frame from `bytes` and returns it; if it is incomplete, returns nothing and
/// leaves `bytes` unchanged. Throws `script_error` as soon as the bytes cannot begin a frame that a
/// client may send: not masked, a length not in its shortest form, a reserved opcode, RSV2 or RSV3,
/// a control frame in fragments or over 125 bytes. The script has to check RSV1, since an extension
/// may define it.
std::optional<client_frame> decode_client_frame(std::string_view& bytes);

/// Describes the frame, for messages: `text "hello"`, `close 1000 "bye"`. Long payloads are cut.
std::string describe(const client_frame& frame);

}  // namespace wsx::testing
