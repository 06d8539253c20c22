#include <wsx/testing/client_frame.hpp>
#include <wsx/testing/script_error.hpp>

#include <cstddef>

namespace wsx::testing {
namespace {

std::uint8_t byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<std::uint8_t>(bytes[i]);
}

void check_first_byte(std::uint8_t first) {
  const int opcode = first & 0xF;
  const bool control = opcode >= opcodes::close;
  if ((opcode > opcodes::binary && !control) || opcode > opcodes::pong) {
    throw script_error("the client sent the reserved opcode " + std::to_string(opcode));
  }
  if ((first & 0x30) != 0) throw script_error("the client set RSV2 or RSV3");
  // RFC 6455 5.5: control frames "MUST NOT be fragmented".
  if (control && (first & 0x80) == 0) throw script_error("the client fragmented a control frame");
}

void check_second_byte(std::uint8_t first, std::uint8_t second) {
  // RFC 6455 5.1: "a client MUST mask all frames that it sends".
  if ((second & 0x80) == 0) throw script_error("the client sent a frame that is not masked");
  if ((first & 0x8) != 0 && (second & 0x7F) > 125) {
    throw script_error("the client sent a control frame of more than 125 bytes");
  }
}

// Returns the number of bytes after the first two that hold the payload length. RFC 6455 5.2.
std::size_t extended_length_bytes(std::uint8_t second) {
  const int length = second & 0x7F;
  if (length < 126) return 0;
  return length == 126 ? 2 : 8;
}

std::size_t read_length(std::string_view bytes, std::size_t extended) {
  if (extended == 0) return byte_at(bytes, 1) & 0x7F;
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < extended; ++i) length = length << 8 | byte_at(bytes, 2 + i);
  if (length < 126 || (extended == 8 && length <= 0xFFFF)) {
    throw script_error("the client wrote the length " + std::to_string(length) +
                       " in a longer form than it needs");
  }
  if (length > max_client_payload) {
    throw script_error("the client declared a payload of " + std::to_string(length) + " bytes");
  }
  return static_cast<std::size_t>(length);
}

std::string name_of(std::uint8_t opcode) {
  switch (opcode) {
    case opcodes::continuation: return "continuation";
    case opcodes::text: return "text";
    case opcodes::binary: return "binary";
    case opcodes::close: return "close";
    case opcodes::ping: return "ping";
    case opcodes::pong: return "pong";
    default: return "opcode " + std::to_string(opcode);
  }
}

// Everything but printable ASCII becomes \xNN, so that a message stays on one line.
std::string quote(std::string_view payload) {
  constexpr std::size_t shown = 60;
  constexpr char digits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : payload.substr(0, shown)) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte >= 0x20 && byte < 0x7F) {
      out += c;
    } else {
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 0xF]};
    }
  }
  out += '"';
  if (payload.size() > shown) out += "... (" + std::to_string(payload.size()) + " bytes)";
  return out;
}

std::string describe_close(std::string_view payload) {
  if (payload.empty()) return " without a code";
  if (payload.size() == 1) return " with half a code: " + quote(payload);
  const int code = byte_at(payload, 0) << 8 | byte_at(payload, 1);
  return " " + std::to_string(code) + " " + quote(payload.substr(2));
}

}  // namespace

std::optional<client_frame> decode_client_frame(std::string_view& bytes) {
  if (bytes.empty()) return std::nullopt;
  const auto first = byte_at(bytes, 0);
  check_first_byte(first);
  if (bytes.size() < 2) return std::nullopt;
  check_second_byte(first, byte_at(bytes, 1));
  const auto extended = extended_length_bytes(byte_at(bytes, 1));
  const auto head = 2 + extended + mask_key{}.size();
  if (bytes.size() < 2 + extended) return std::nullopt;
  const auto length = read_length(bytes, extended);
  if (bytes.size() < head || bytes.size() - head < length) return std::nullopt;

  client_frame frame{.opcode = static_cast<std::uint8_t>(first & 0xF),
                     .payload = std::string{bytes.substr(head, length)},
                     .fin = (first & 0x80) != 0,
                     .rsv = static_cast<std::uint8_t>(first >> 4 & 7)};
  for (std::size_t i = 0; i < frame.mask.size(); ++i) {
    frame.mask[i] = byte_at(bytes, 2 + extended + i);
  }
  apply_mask(frame.payload, frame.mask);
  bytes.remove_prefix(head + length);
  return frame;
}

std::string describe(const client_frame& frame) {
  std::string out = name_of(frame.opcode);
  out +=
      frame.opcode == opcodes::close ? describe_close(frame.payload) : " " + quote(frame.payload);
  if (!frame.fin) out += " without FIN";
  if (frame.rsv != 0) out += " with RSV bits " + std::to_string(frame.rsv);
  return out;
}

}  // namespace wsx::testing
