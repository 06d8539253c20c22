#include <wsx/protocol/message_assembler.hpp>

#include <array>
#include <string>
#include <string_view>

// Details of a violation beyond its error code. They are made on request, so that nothing is stored
// in normal operation.

namespace wsx::protocol {

namespace {

unsigned byte_of(bytes_view header, std::size_t i) noexcept {
  return i < header.size() ? std::to_integer<unsigned>(header[i]) : 0;
}

opcode opcode_of(bytes_view header) noexcept {
  return static_cast<opcode>(byte_of(header, 0) & 0x0f);
}

std::string reserved_bits_of(bytes_view header) {
  constexpr std::array<std::string_view, 3> names{"RSV1", "RSV2", "RSV3"};
  std::string result;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool set = (byte_of(header, 0) & 0x40u >> i) != 0;
    if (set) result.append(result.empty() ? "" : ", ").append(names[i]);
  }
  return result;
}

std::string reserved_opcode_of(bytes_view header) {
  return std::string("0x") + "0123456789abcdef"[static_cast<unsigned>(opcode_of(header))];
}

std::string name_of(opcode control) {
  if (control == opcode::ping) return "a ping";
  return control == opcode::pong ? "a pong" : "a Close frame";
}

// RFC 6455 5.2: returns how many bits hold the length that would fit in fewer.
std::string length_of(bytes_view header) {
  const std::size_t bytes = (byte_of(header, 1) & 0x7f) == 126 ? 2 : 8;
  if (header.size() < 2 + bytes) return {};
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < bytes; ++i) length = length << 8 | byte_of(header, 2 + i);
  return std::to_string(length) + " in " + std::to_string(8 * bytes) + " bits";
}

std::string exceeded(std::uint64_t size, std::string_view option, std::uint64_t limit) {
  const std::string bound = std::string(option) + " is " + std::to_string(limit);
  return size == 0 ? bound : std::to_string(size) + " bytes, " + bound;
}

}  // namespace

std::string message_assembler::error_detail() const {
  if (!error_ || error_.category() != wsx::error_category()) return {};
  const bytes_view header = parser_.header();
  switch (static_cast<errc>(error_.value())) {
    case errc::reserved_bits: return reserved_bits_of(header);
    case errc::reserved_opcode: return reserved_opcode_of(header);
    case errc::fragmented_control:
    case errc::control_too_long: return name_of(opcode_of(header));
    case errc::invalid_length: return length_of(header);
    case errc::bad_close_code: return std::to_string(culprit_);
    case errc::invalid_utf8:
      return culprit_ == 0 ? "in a text message" : "in the reason of a Close frame";
    case errc::frame_too_big: return exceeded(culprit_, "max_frame_size", limits_.max_frame);
    case errc::message_too_big: return exceeded(culprit_, "max_message_size", limits_.max_message);
    case errc::too_many_fragments: return exceeded(0, "max_fragments", limits_.max_fragments);
    default: return {};
  }
}

}  // namespace wsx::protocol
