#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/memory/byte_buffer.hpp>
#include <wsx/recording/record.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

// The bytes of a recording: see docs/recording.md.
namespace wsx::recording {

enum class record_kind : std::uint8_t {
  frame = 1,
  connected = 2,
  connection_ended = 3,
  client_ended = 4,
  handler_replaced = 5,
  gap = 6,
  end = 7,
};

// What precedes the body of a record. The ring has records in this form, without number and
// checksum, which the writer adds.
struct record_head {
  std::uint32_t body_size = 0;
  std::uint32_t checksum = 0;  // of everything behind it, and the body
  std::int64_t monotonic = 0;
  std::int64_t wall = 0;
  std::uint64_t size = 0;  // of a frame's payload
  record_kind kind = record_kind::frame;
  std::uint8_t flags = 0;
  opcode op = opcode::continuation;
  std::uint8_t unused = 0;
  std::uint32_t number = 0;  // in the file, from 0
};
static_assert(sizeof(record_head) == 40);

inline constexpr std::uint8_t sent_flag = 1;
inline constexpr std::uint8_t fin_flag = 2;
inline constexpr std::uint8_t compressed_flag = 4;

inline constexpr std::size_t head_size = 40;
inline constexpr std::size_t file_head_size = 16;
inline constexpr std::uint16_t version = 1;
// Any transfer that takes the file for text damages it here.
inline constexpr std::array<char, 8> magic{'\x89', 'W', 'S', 'X', 'R', '\r', '\n', '\x1a'};

// All numbers are little-endian.
template <std::integral Number>
Number little(Number n) noexcept {
  if constexpr (std::endian::native == std::endian::little || sizeof(n) == 1) return n;
  auto bytes = std::bit_cast<std::array<std::byte, sizeof(Number)>>(n);
  for (std::size_t i = 0; i < sizeof(n) / 2; ++i) std::swap(bytes[i], bytes[sizeof(n) - 1 - i]);
  return std::bit_cast<Number>(bytes);
}

template <std::integral Number>
void append(memory::byte_buffer& to, Number n) {
  n = little(n);
  to.append(std::as_bytes(std::span(&n, 1)));
}
inline void append(memory::byte_buffer& to, std::string_view text) {
  append(to, static_cast<std::uint32_t>(text.size()));
  to.append(as_bytes(text));
}

// Takes numbers and strings from the front of bytes. `good` is false once there were too few.
class parser {
 public:
  explicit parser(std::string_view bytes) noexcept : rest_(bytes) {}

  template <std::integral Number>
  Number number() noexcept {
    Number n{};
    if (const auto bytes = take(sizeof(n)); !bytes.empty())
      std::memcpy(&n, bytes.data(), sizeof(n));
    return little(n);
  }
  std::string text() { return std::string(take(number<std::uint32_t>())); }

  // Returns whether there was enough, and nothing is left.
  bool done() const noexcept { return good_ && rest_.empty(); }

 private:
  std::string_view take(std::size_t size) noexcept {
    good_ = good_ && size <= rest_.size();
    if (!good_) return {};
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool good_ = true;
};

WSX_API std::array<std::byte, file_head_size> encode_file_head();

// With the checksum of its `body`.
WSX_API std::array<std::byte, head_size> encode(record_head& head, bytes_view body);
WSX_API record_head decode_head(const std::array<std::byte, head_size>& bytes) noexcept;
std::uint32_t checksum_of(const std::array<std::byte, head_size>& head, bytes_view body) noexcept;

// What a record says besides its times.
record_head head_of(const frame_facts& facts) noexcept;
void encode(const connected& c, memory::byte_buffer& body);
void encode(const ended& e, memory::byte_buffer& body);
void encode(const handler_replaced& h, memory::byte_buffer& body);

// Sets `what`; returns nothing, or what is wrong. `body` may be moved from.
std::optional<std::string_view> decode(const record_head& head, std::string& body,
                                       decltype(record::what)& what);

}  // namespace wsx::recording
