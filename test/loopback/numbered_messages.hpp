#pragma once

#include <wsx/testing/client_frame.hpp>
#include <wsx/testing/script_error.hpp>
#include <wsx/testing/server_deflate.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Numbered messages, and a server's record of those that came over connections that it killed.
namespace loopback_test {

/// The pieces that the message of that number is sent in. They are a function of the number.
inline std::vector<std::string> numbered_message(std::size_t number, bool fragmented) {
  std::minstd_rand random(static_cast<std::uint32_t>(number + 1));
  std::vector<std::string> pieces(fragmented ? 2 + random() % 15 : 1);
  for (auto& piece : pieces) {
    if (&piece == &pieces.front()) piece = std::to_string(number) + " ";
    // Words that compress to about a third; frames of 2 KB at most.
    for (auto words = random() % (fragmented ? 60 : 250); words > 0; --words)
      piece += "word" + std::to_string(random() % 1000);
  }
  return pieces;
}

/// What has come over all connections. They come one after the other, and so do these calls.
class received_messages {
 public:
  explicit received_messages(bool fragmented) : fragmented_(fragmented) {}

  void begin_connection() {
    inflater_.reset();
    message_.clear();
    open_ = false;
  }

  /// Takes all whole frames off `bytes`, up to a Close frame; whether that came. Throws
  /// `script_error` if they are no frames that a client may send.
  bool take(std::string& bytes) {
    std::string_view rest = bytes;
    auto frame = wsx::testing::decode_client_frame(rest);
    for (; frame && frame->opcode != wsx::testing::opcodes::close;
         frame = wsx::testing::decode_client_frame(rest))
      take_frame(*frame);
    bytes.erase(0, bytes.size() - rest.size());
    return frame.has_value();
  }

  /// The connection is killed, and these bytes are the beginning of a frame. `drained`: the server
  /// had read all that the kernel took from the client.
  void cut(std::string_view bytes, bool drained) {
    ++cuts_;
    // What is missing behind a drained connection is at most the message that was cut, and only if
    // it was sent in fragments: one that is a single frame is sent again.
    if (drained && fragmented_) ++may_miss_;
    if (!drained) may_miss_ = unlimited;
    note_cut_frame(bytes);
  }

  void fault(std::string what) {
    if (first_fault.empty()) first_fault = std::move(what);
  }

  std::string first_fault{};
  std::size_t received_twice = 0;
  std::size_t messages = 0;
  std::size_t frames = 0;
  std::size_t repeated_keys = 0;       ///< frames with a key that a frame before them had
  std::size_t sent_again = 0;          ///< frames that were cut within the server's sight, and came
  std::size_t sent_again_alike = 0;    ///< those of them that kept their key
  std::size_t most_bytes_missing = 0;  ///< for each kill
  std::size_t next = 0;                ///< the number behind that of the last message

 private:
  struct cut_frame {
    std::size_t number;
    wsx::testing::mask_key key;
  };

  void take_frame(const wsx::testing::client_frame& frame) {
    namespace opcodes = wsx::testing::opcodes;
    note_key(frame.mask);
    if (frame.opcode > opcodes::binary) return;
    if (open_ && frame.opcode != opcodes::continuation) fault("a message within a message");
    if (!open_ && frame.opcode == opcodes::continuation) fault("a continuation without a message");
    if (!open_) compressed_ = frame.rsv != 0;
    if (!open_) key_ = frame.mask;
    message_ += frame.payload;
    open_ = !frame.fin;
    if (frame.fin) take_message(std::exchange(message_, {}));
  }

  void take_message(std::string payload) {
    if (compressed_) payload = inflater_.message(payload);
    const auto number = number_of(payload);
    if (!number || payload != whole(*number)) return fault("a message that was not sent");
    if (*number < next) {
      ++received_twice;
      fault("message " + std::to_string(*number) + " behind " + std::to_string(next - 1));
    }
    if (*number > next) note_missing(*number);
    note_sent_again(*number);
    next = std::max(next, *number + 1);
    ++messages;
    may_miss_ = 0;
    cuts_ = 0;
  }

  void note_missing(std::size_t number) {
    if (number - next > may_miss_)
      fault("messages " + std::to_string(next) + " to " + std::to_string(number - 1) + " missing");
    std::size_t bytes = 0;
    for (auto i = next; i < number; ++i) bytes += whole(i).size();
    most_bytes_missing = std::max(most_bytes_missing, bytes / std::max<std::size_t>(1, cuts_));
  }

  void note_sent_again(std::size_t number) {
    if (!cut_ || cut_->number != number) return;
    ++sent_again;
    if (cut_->key == key_) ++sent_again_alike;
  }

  // RFC 6455 5.2: the key lies behind the length, which has 7, 7 + 16 or 7 + 64 bits.
  void note_cut_frame(std::string_view bytes) {
    cut_.reset();
    if (bytes.size() < 2) return;
    const int length = static_cast<std::uint8_t>(bytes[1]) & 0x7F;
    const std::size_t head = length < 126 ? 2 : length == 126 ? 4 : 10;
    wsx::testing::mask_key key;
    if (bytes.size() < head + key.size()) return;
    std::copy_n(bytes.begin() + head, key.size(), key.begin());
    note_key(key);
    const bool starts = (bytes[0] & 0x7F) == wsx::testing::opcodes::text;  // and plain
    std::string payload(bytes.substr(head + key.size()));
    wsx::testing::apply_mask(payload, key);
    if (const auto number = number_of(payload); starts && number) cut_ = {*number, key};
  }

  void note_key(const wsx::testing::mask_key& key) {
    ++frames;
    if (!keys_.insert(key).second) ++repeated_keys;
  }

  std::string whole(std::size_t number) const {
    std::string all;
    for (const auto& piece : numbered_message(number, fragmented_)) all += piece;
    return all;
  }

  static std::optional<std::size_t> number_of(std::string_view payload) {
    const auto space = payload.find(' ');
    std::size_t number = 0;
    const auto digits = payload.substr(0, space);
    const auto read = std::from_chars(digits.begin(), digits.end(), number);
    const bool all = space != payload.npos && space != 0 && read.ec == std::errc{};
    return all && read.ptr == digits.end() ? std::optional(number) : std::nullopt;
  }

  const bool fragmented_;
  wsx::testing::server_inflater inflater_;
  std::string message_;
  wsx::testing::mask_key key_{};  // of the message's first frame
  bool open_ = false;
  bool compressed_ = false;
  static constexpr std::size_t unlimited = ~std::size_t{0} / 2;
  std::size_t cuts_ = 0;      // since the last message
  std::size_t may_miss_ = 0;  // messages, because of these
  std::optional<cut_frame> cut_;
  std::set<wsx::testing::mask_key> keys_;
};

}  // namespace loopback_test
