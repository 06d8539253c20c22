#pragma once

#include <wsx/config.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wsx::testing {

/// The opcodes of RFC 6455 5.2, as plain numbers: a hostile server may send any value.
namespace opcodes {
inline constexpr std::uint8_t continuation = 0x0;
inline constexpr std::uint8_t text = 0x1;
inline constexpr std::uint8_t binary = 0x2;
inline constexpr std::uint8_t close = 0x8;
inline constexpr std::uint8_t ping = 0x9;
inline constexpr std::uint8_t pong = 0xA;
}  // namespace opcodes

/// The three bits after FIN, as values of `rsv`. RFC 6455 5.2.
inline constexpr std::uint8_t rsv1 = 4;
inline constexpr std::uint8_t rsv2 = 2;
inline constexpr std::uint8_t rsv3 = 1;

using mask_key = std::array<std::uint8_t, 4>;

/// How the payload length is written. RFC 6455 5.2 allows only the shortest form that fits.
enum class length_form : std::uint8_t { shortest, bits_7, bits_16, bits_64 };

/// A frame that a server sends. It is correct by default, but every field may be wrong on purpose.
struct server_frame {
  std::uint8_t opcode = opcodes::text;
  std::string payload{};
  bool fin = true;
  std::uint8_t rsv = 0;                      ///< `rsv1 | rsv2 | rsv3`
  std::optional<mask_key> mask{};            ///< masks the payload, which no server may do
  length_form form = length_form::shortest;  ///< cuts the length's high bits if they do not fit
  std::optional<std::uint64_t> declared_length{};  ///< instead of the payload's own length
};

server_frame text_frame(std::string_view payload);
server_frame binary_frame(std::string_view payload);
server_frame ping_frame(std::string_view payload = {});
server_frame pong_frame(std::string_view payload = {});
server_frame continuation_frame(std::string_view payload, bool fin);

/// Makes a Close frame, with or without a code; neither the code nor the length is checked.
server_frame close_frame();
server_frame close_frame(std::uint16_t code, std::string_view reason = {});

/// Returns the frame's bytes on the wire.
std::string encode_server_frame(const server_frame& frame);

/// XORs `payload` with the key, which both masks and unmasks. RFC 6455 5.3.
void apply_mask(std::string& payload, const mask_key& key) noexcept;

}  // namespace wsx::testing
