#pragma once

#include "input.hpp"

#include <wsx/testing/client_frame.hpp>
#include <wsx/testing/server_deflate.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fuzz {

/// A server that knows nothing of the encoder: what it reads has to be frames of a client in a
/// legal order, and nothing behind Close. Each message is one character, many times, in as many
/// frames as it likes.
class reader {
 public:
  void read(std::string_view bytes) {
    received_ += bytes;
    std::string_view left = received_;
    while (const auto frame = wsx::testing::decode_client_frame(left)) take(*frame);
    received_.erase(0, received_.size() - left.size());
  }

  std::size_t messages = 0;

  /// The Close frame's payload.
  const std::optional<std::string>& close() const { return close_; }

 private:
  void take(const wsx::testing::client_frame& frame) {
    require(!close_);  // RFC 6455 5.5.1: nothing is sent after Close
    if (frame.opcode == 8) close_ = frame.payload;
    if (frame.opcode >= 8) return;
    require((frame.opcode == 0) == in_message_);
    if (frame.opcode != 0) compressed_ = frame.rsv != 0;
    message_ += frame.payload;
    in_message_ = !frame.fin;
    if (in_message_) return;
    const auto text = compressed_ ? inflater_.message(message_) : message_;
    for (const char c : text) require(c == text[0]);
    ++messages;
    message_.clear();
  }

  wsx::testing::server_inflater inflater_;
  std::string received_, message_;
  std::optional<std::string> close_;
  bool in_message_ = false, compressed_ = false;
};

}  // namespace fuzz
