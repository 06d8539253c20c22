#pragma once

#include <wsx/protocol/outbox.hpp>
#include <wsx/testing/client_frame.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

/// What the tests of the outbox share: an outbox whose bytes are taken apart again by the testing
/// kit's decoder, which knows nothing of the encoder.
namespace outbox_test {

using namespace wsx::protocol;
using wsx::as_bytes;
using wsx::as_chars;
using wsx::opcode;
using wsx::testing::client_frame;

inline constexpr std::size_t no_bound = std::numeric_limits<std::size_t>::max();
inline constexpr std::size_t everything = no_bound;

using source_ptr = std::shared_ptr<frame_source>;
using frames = std::vector<std::string>;

inline constexpr frame_head whole{.op = opcode::text};
inline constexpr frame_head first{.op = opcode::text, .fin = false};
inline constexpr frame_head middle{.op = opcode::continuation, .fin = false};
inline constexpr frame_head last{.op = opcode::continuation};

inline std::string in_words(const client_frame& frame) {
  const bool brief_already = frame.payload.size() <= 60 || frame.opcode == 8;
  if (brief_already) return describe(frame);
  // A long payload is one character, many times.
  CHECK(frame.payload == std::string(frame.payload.size(), frame.payload[0]));
  client_frame brief = frame;
  brief.payload.resize(1);
  return describe(brief) + " * " + std::to_string(frame.payload.size());
}

/// What a server understands of what the client wrote: whole frames only.
inline frames decode(std::string_view written, std::vector<client_frame>* out = nullptr) {
  frames words;
  while (const auto frame = wsx::testing::decode_client_frame(written)) {
    words.push_back(in_words(*frame));
    if (out != nullptr) out->push_back(*frame);
  }
  return words;
}

/// The form of the queues that a test makes, unless it says so itself.
inline payloads form = payloads::masked;

/// Runs a test case twice: with queues of masked frames, and of unmasked ones.
struct both_forms {
  both_forms() {
    SUBCASE("masked") {}
    SUBCASE("unmasked") {
      form = payloads::unmasked;
    }
  }
  ~both_forms() { form = payloads::masked; }
};

/// An outbox and what came out of it.
class fixture {
 public:
  explicit fixture(std::size_t max_staged = no_bound) : box(max_staged) {}

  outbox box;

  source_ptr add_source(std::size_t queue_size = 1 << 20, payloads queue_form = form) {
    auto source = std::make_shared<frame_source>(queue_size, queue_form);
    box.attach(source);
    return source;
  }

  bool stage(const frame_head& head, std::string_view payload) {
    return box.stage(head, as_bytes(payload));
  }

  /// Writes up to `limit` bytes, as many at once as the transport takes: `at_once`.
  std::string write(std::size_t limit = everything, std::size_t at_once = everything) {
    std::string written;
    while (written.size() < limit) {
      const auto batch = box.batch();
      if (box.compressing()) continue;
      if (batch.empty()) break;
      const std::size_t count = std::min({batch.size(), limit - written.size(), at_once});
      written += as_chars(batch.first(count));
      box.wrote(count);
    }
    return written;
  }

  /// All that there is to send, as frames; checks that they are whole.
  frames send(std::size_t at_once = everything) {
    const std::string written = write(everything, at_once);
    std::vector<client_frame> decoded;
    const frames words = decode(written, &decoded);
    std::uint64_t size = 0;
    for (const auto& frame : decoded) size += frame_size(frame.payload.size());
    CHECK(size == written.size());
    return words;
  }

  /// The frames of the next batch.
  frames send_batch() {
    const frames words = decode(as_chars(box.batch()));
    box.wrote(box.batch().size());
    return words;
  }
};

inline void push(const source_ptr& source, const frame_head& head, std::string_view payload) {
  REQUIRE(source->queue.try_push(head, as_bytes(payload)));
}

inline void push(const source_ptr& source, std::string_view payload) {
  push(source, whole, payload);
}

inline void wait_behind(const source_ptr& source, frame_head head, std::string_view payload) {
  head.length = payload.size();
  source->waiting = frame_source::waiting_frame{head, as_bytes(payload)};
}

inline void check_empty(const source_ptr& source) {
  CHECK(source->outstanding() == 0);
  CHECK(source->queue.readable() == 0);
  CHECK(source->queue.unreleased() == 0);
  CHECK_FALSE(source->waiting);
}

inline std::string words(std::string_view kind, std::string_view payload) {
  return std::string(kind) + " \"" + std::string(payload) + "\"";
}

inline std::string text(std::string_view payload) {
  return words("text", payload);
}

/// A text of one character, many times.
inline std::string text(char c, std::size_t count) {
  return text(std::string(1, c)) + " * " + std::to_string(count);
}

}  // namespace outbox_test

/// Makes failed comparisons readable.
template <>
struct doctest::StringMaker<outbox_test::frames> {
  static String convert(const outbox_test::frames& list) {
    std::string all;
    for (const auto& frame : list) all += frame + "; ";
    return all.c_str();
  }
};
