#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>

#include <cstdint>

namespace wsx::protocol {

/// Returns whether `bytes` are well-formed UTF-8 (RFC 3629; Unicode table 3-7). Fast for any
/// length.
WSX_API bool is_utf8(bytes_view bytes) noexcept;

/// Validates UTF-8 that arrives in pieces. It refuses the first byte that no continuation can make
/// valid. RFC 6455 8.1.
class utf8_validator {
 public:
  /// Takes the next piece. Returns false once the text can't become valid, and then always.
  WSX_API bool feed(bytes_view piece) noexcept;

  /// Returns whether the input is valid and ends with a whole character.
  bool complete() const noexcept { return missing_ == 0; }

  /// Starts a new text.
  void reset() noexcept { *this = {}; }

 private:
  bool step(std::uint8_t byte) noexcept;
  bool begin_character(std::uint8_t byte) noexcept;
  bool expect(std::uint8_t missing, std::uint8_t low, std::uint8_t high) noexcept;
  bool fail() noexcept;
  bool failed() const noexcept { return low_ > high_; }

  std::uint8_t missing_ = 0;  // bytes that the current character still needs
  std::uint8_t low_ = 0x80;   // the next of them is in low_ ... high_;
  std::uint8_t high_ = 0xbf;  // an empty range fits no byte: the text has failed
};

}  // namespace wsx::protocol
