#include "answers.hpp"

#include <wsx/bytes.hpp>

#include <algorithm>
#include <cstring>

namespace bench {

namespace {

// RFC 6455 5.2: the first byte's low half.
constexpr int opcode_bits = 0x0F;
constexpr int close_opcode = 0x8;
constexpr int ping_opcode = 0x9;
constexpr char pong_start = '\x8A';
constexpr char length_bits = 0x7F;

std::size_t length_size(char second_byte) noexcept {
  const int length = second_byte & length_bits;
  return length == 127 ? 8 : length == 126 ? 2 : 0;
}

std::uint64_t big_endian(std::string_view bytes) noexcept {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

// An answer has no mask key, so it is shorter than what it answers.
bool answers::feed(std::string_view bytes, std::string& out) {
  const std::size_t before = out.size();
  out.resize(before + taken_ + bytes.size());
  char* to = out.data() + before;
  while (!closing_ || passed_ < length_) {
    if (passed_ == length_) {
      if (!take_head(bytes)) break;
      begin_frame(to);
    }
    if (bytes.empty() && passed_ < length_) break;
    take_payload(bytes, to);
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
  return !closing_ || passed_ < length_;
}

std::size_t answers::head_size() const noexcept {
  return taken_ < 2 ? 2 : 2 + length_size(head_[1]) + key_.size();
}

bool answers::take_head(std::string_view& bytes) {
  while (taken_ < head_size()) {
    if (bytes.empty()) return false;
    head_[taken_++] = bytes.front();
    bytes.remove_prefix(1);
  }
  return true;
}

void answers::begin_frame(char*& to) {
  const std::size_t size = length_size(head_[1]);
  const std::string_view extended(head_.data() + 2, size);
  length_ = size > 0 ? big_endian(extended) : static_cast<std::uint64_t>(head_[1] & length_bits);
  passed_ = 0;
  taken_ = 0;
  std::memcpy(key_.data(), head_.data() + 2 + size, key_.size());

  const int opcode = head_[0] & opcode_bits;
  closing_ = opcode == close_opcode;
  answered_ = closing_ || opcode == ping_opcode || (echo_ && opcode < close_opcode);
  if (!answered_) return;
  *to++ = opcode == ping_opcode ? pong_start : head_[0];
  *to++ = static_cast<char>(head_[1] & length_bits);
  to = std::copy(extended.begin(), extended.end(), to);
}

void answers::take_payload(std::string_view& bytes, char*& to) {
  const auto piece = bytes.substr(0, std::min<std::uint64_t>(length_ - passed_, bytes.size()));
  if (answered_) {
    wsx::protocol::mask_copy(reinterpret_cast<std::byte*>(to), wsx::as_bytes(piece), key_, passed_);
    to += piece.size();
  }
  passed_ += piece.size();
  bytes.remove_prefix(piece.size());
}

}  // namespace bench
