#include <wsx/testing/server_frame.hpp>

#include <cstddef>
#include <cstring>

namespace wsx::testing {
namespace {

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift & 0xFF));
  }
}

// RFC 6455 5.2: "the minimal number of bytes MUST be used to encode the length".
length_form shortest_form(std::uint64_t length) {
  if (length < 126) return length_form::bits_7;
  return length <= 0xFFFF ? length_form::bits_16 : length_form::bits_64;
}

void append_length(std::string& out, const server_frame& frame) {
  const std::uint64_t length = frame.declared_length.value_or(frame.payload.size());
  const unsigned mask_bit = frame.mask ? 0x80 : 0;
  const auto form = frame.form == length_form::shortest ? shortest_form(length) : frame.form;
  if (form == length_form::bits_7) {
    out.push_back(static_cast<char>(mask_bit | (length & 0x7F)));
  } else if (form == length_form::bits_16) {
    out.push_back(static_cast<char>(mask_bit | 126));
    append_big_endian(out, length, 2);
  } else {
    out.push_back(static_cast<char>(mask_bit | 127));
    append_big_endian(out, length, 8);
  }
}

server_frame make_frame(std::uint8_t opcode, std::string_view payload) {
  return {.opcode = opcode, .payload = std::string{payload}};
}

}  // namespace

server_frame text_frame(std::string_view payload) {
  return make_frame(opcodes::text, payload);
}
server_frame binary_frame(std::string_view payload) {
  return make_frame(opcodes::binary, payload);
}
server_frame ping_frame(std::string_view payload) {
  return make_frame(opcodes::ping, payload);
}
server_frame pong_frame(std::string_view payload) {
  return make_frame(opcodes::pong, payload);
}
server_frame close_frame() {
  return make_frame(opcodes::close, {});
}

server_frame continuation_frame(std::string_view payload, bool fin) {
  auto frame = make_frame(opcodes::continuation, payload);
  frame.fin = fin;
  return frame;
}

server_frame close_frame(std::uint16_t code, std::string_view reason) {
  auto frame = close_frame();
  append_big_endian(frame.payload, code, 2);
  frame.payload += reason;
  return frame;
}

std::string encode_server_frame(const server_frame& frame) {
  std::string out;
  out.reserve(frame.payload.size() + 14);
  const int first = (frame.fin ? 0x80 : 0) | (frame.rsv & 7) << 4 | (frame.opcode & 0xF);
  out.push_back(static_cast<char>(first));
  append_length(out, frame);
  if (!frame.mask) return out += frame.payload;
  out.append(frame.mask->begin(), frame.mask->end());
  std::string masked = frame.payload;
  apply_mask(masked, *frame.mask);
  return out += masked;
}

void apply_mask(std::string& payload, const mask_key& key) noexcept {
  std::uint64_t word_key = 0;
  std::memcpy(&word_key, key.data(), 4);
  std::memcpy(reinterpret_cast<char*>(&word_key) + 4, key.data(), 4);
  std::size_t i = 0;
  for (; i + 8 <= payload.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, payload.data() + i, 8);
    word ^= word_key;
    std::memcpy(payload.data() + i, &word, 8);
  }
  for (; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ key[i % 4]);
}

}  // namespace wsx::testing
