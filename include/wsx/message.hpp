#pragma once

#include <wsx/bytes.hpp>
#include <wsx/frame.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace wsx {

class owned_message;

/// A whole message of either kind: the argument of a `handle_frame` that does not distinguish them,
/// and accepted wherever a frame is sent. It is a view, like `text` and `binary`, and valid as long
/// as they are. Both convert to it, and so do strings, as text.
class message {
 public:
  /// Makes a text message without a payload.
  constexpr message() = default;
  constexpr message(wsx::text m) noexcept  // NOLINT: converts by design
      : payload_(m.payload) {}
  message(wsx::binary m) noexcept  // NOLINT: as above
      : op_(opcode::binary), payload_(as_chars(m.payload)) {}
  template <std::convertible_to<std::string_view> String>
  requires(!std::same_as<String, std::nullptr_t>) constexpr message(
      const String& s) noexcept  // NOLINT: as above
      : payload_(s) {}

  /// Returns `opcode::text` or `opcode::binary`.
  constexpr opcode kind() const noexcept { return op_; }
  constexpr bool is_text() const noexcept { return op_ == opcode::text; }
  constexpr bool is_binary() const noexcept { return op_ == opcode::binary; }

  /// Returns the payload as characters: UTF-8, if it is a text message that was received.
  constexpr std::string_view text() const noexcept { return payload_; }
  /// Returns the payload as bytes.
  bytes_view bytes() const noexcept { return as_bytes(payload_); }

  /// Returns a copy that owns its payload.
  owned_message owned() const;

  friend constexpr bool operator==(const message&, const message&) = default;

 private:
  opcode op_ = opcode::text;
  std::string_view payload_{};
};

/// A message that owns its payload. It is made by `message::owned` and sent like any other message:
///
///     std::optional<wsx::owned_message> last;
///     void handle_frame(wsx::message m) { last = m.owned(); }
class owned_message {
 public:
  /// Makes a text message without a payload.
  owned_message() = default;
  explicit owned_message(message m) : op_(m.kind()), payload_(m.text()) {}

  opcode kind() const noexcept { return op_; }
  bool is_text() const noexcept { return op_ == opcode::text; }
  bool is_binary() const noexcept { return op_ == opcode::binary; }
  const std::string& text() const noexcept { return payload_; }
  bytes_view bytes() const noexcept { return as_bytes(payload_); }

  /// Returns a view of the message, valid until the message is changed or moved.
  operator message() const noexcept {  // NOLINT: converts by design
    if (is_text()) return wsx::text{payload_};
    return wsx::binary(std::string_view(payload_));
  }

  friend bool operator==(const owned_message&, const owned_message&) = default;

 private:
  opcode op_ = opcode::text;
  std::string payload_{};
};

inline owned_message message::owned() const {
  return owned_message(*this);
}

}  // namespace wsx
