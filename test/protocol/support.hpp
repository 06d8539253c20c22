#pragma once

#include "transcript.hpp"

#include <wsx/bytes.hpp>
#include <wsx/error.hpp>
#include <wsx/options.hpp>
#include <wsx/protocol/close_payload.hpp>
#include <wsx/protocol/connection.hpp>
#include <wsx/protocol/message_assembler.hpp>
#include <wsx/protocol/outbox.hpp>
#include <wsx/testing/client_frame.hpp>
#include <wsx/testing/server_frame.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

/// What the tests of the receiving side share: they feed what a server sends to an assembler,
/// however it is cut, and compare transcripts of what comes out.
namespace protocol_test {

using namespace wsx::protocol;
using namespace wsx::testing;
using wsx::errc;
using wsx::opcode;

using chunks = std::vector<std::string_view>;

/// A copy of `bytes` on the heap that ends where they end: the address sanitizer sees each read
/// beyond it, or after it is freed.
class exact_copy {
 public:
  explicit exact_copy(std::string_view bytes)
      : size_(bytes.size()), bytes_(std::make_unique<std::byte[]>(bytes.size())) {
    std::ranges::copy(wsx::as_bytes(bytes), bytes_.get());
  }

  wsx::bytes_view view() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> bytes_;
};

/// The bytes of the frames on the wire, one after the other.
template <class... Frames>
std::string wire(const Frames&... frames) {
  return (std::string() + ... + encode_server_frame(frames));
}

/// A text or binary frame that its message goes on after.
inline server_frame unfinished(server_frame frame) {
  frame.fin = false;
  return frame;
}

/// What an assembler says to `input`, each chunk of which dies when it is used up.
inline std::string receive_cut(const chunks& input, message_assembler assembler) {
  transcript said;
  for (const auto chunk : input) {
    const exact_copy copy(chunk);
    assembler.feed(copy.view());
    said.take_all(assembler);
    if (said.violated()) break;
  }
  return said.str();
}

inline chunks cut_bytewise(std::string_view bytes) {
  chunks cut;
  for (std::size_t i = 0; i < bytes.size(); ++i) cut.push_back(bytes.substr(i, 1));
  return cut;
}

inline chunks cut_at_random(std::string_view bytes, std::mt19937& random) {
  chunks cut;
  std::size_t longest = 1 + random() % (bytes.size() + 1);
  while (!bytes.empty()) {
    const std::size_t size = random() % (longest + 1);  // an empty chunk is a chunk
    cut.push_back(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
  }
  return cut;
}

/// What an assembler that `make` makes says to `bytes`; checks that it says the same however they
/// are cut: byte by byte, in two at every place (if they are few), and at random.
template <class Make>
std::string receive_by(std::string_view bytes, Make make) {
  constexpr std::size_t few = 600;
  const std::string whole = receive_cut({bytes}, make());
  CHECK(receive_cut(cut_bytewise(bytes), make()) == whole);
  for (std::size_t i = 1; i < bytes.size() && bytes.size() <= few; ++i) {
    CAPTURE(i);
    CHECK(receive_cut({bytes.substr(0, i), bytes.substr(i)}, make()) == whole);
  }
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    CAPTURE(round);
    CHECK(receive_cut(cut_at_random(bytes, random), make()) == whole);
  }
  return whole;
}

inline std::string receive(std::string_view bytes, message_limits limits = {},
                           delivery how = delivery::messages) {
  return receive_by(bytes, [=] { return message_assembler(limits, how); });
}

/// After how many of the bytes the assembler finds a violation; one more than all: it doesn't.
inline std::size_t bytes_until_violation(std::string_view bytes, message_limits limits = {},
                                         delivery how = delivery::messages) {
  message_assembler assembler(limits, how);
  transcript said;
  std::size_t count = 0;
  while (count < bytes.size() && !said.violated()) {
    const exact_copy copy(bytes.substr(count++, 1));
    assembler.feed(copy.view());
    said.take_all(assembler);
  }
  return said.violated() ? count : bytes.size() + 1;
}

/// Checks that a connection to which `bytes` come fails for `why`, and that the last frame that it
/// sends is Close with this code. RFC 6455 7.1.7.
inline void check_fails(std::string_view bytes, errc why, wsx::close_code code,
                        const message_limits& limits) {
  wsx::options o;
  o.max_message_size = limits.max_message;
  o.max_frame_size = limits.max_frame;
  o.max_fragments = limits.max_fragments;
  outbox box(o.max_reply_bytes);
  connection c(o, {}, std::nullopt, box, {});
  const exact_copy copy(bytes);
  c.receive(copy.view(), {});
  while (c.next() != event::need_input) continue;
  CHECK(c.reason().error == why);
  auto sent = wsx::as_chars(c.data_to_send({}));
  std::optional<client_frame> last;
  while (auto frame = decode_client_frame(sent)) last = std::move(frame);
  REQUIRE(last);
  CHECK(last->opcode == opcodes::close);
  CHECK(last->payload.starts_with(close_frame(static_cast<std::uint16_t>(code)).payload));
}

/// Checks that `bytes` are refused at their end for `why`, and that the server is told so by the
/// code. The messages before are `before`.
inline void check_refused(std::string_view bytes, errc why, wsx::close_code code,
                          const std::string& before = {}, message_limits limits = {}) {
  CAPTURE(why);
  CHECK(receive(bytes, limits) == before + violation(why));
  check_fails(bytes, why, code, limits);
}

/// A frame's header alone, which announces a payload of `length` bytes.
inline std::string header_of(server_frame frame, std::uint64_t length) {
  frame.payload.clear();
  frame.declared_length = length;
  return wire(frame);
}

/// Checks that `bytes`, which end with a header, are refused by its last byte, wherever they are
/// cut.
template <class Make>
void check_refused_by_header(std::string_view bytes, errc why, Make make) {
  CAPTURE(why);
  CHECK(receive_by(bytes, make) == violation(why));
  const std::string before = receive_cut({bytes.substr(0, bytes.size() - 1)}, make());
  CHECK(before.find("violation") == std::string::npos);
}

/// Checks that for whole messages and for pieces of them.
inline void check_refused_by_header(std::string_view bytes, errc why, message_limits limits = {}) {
  for (const auto how : {delivery::messages, delivery::fragments})
    check_refused_by_header(bytes, why, [=] { return message_assembler(limits, how); });
}

}  // namespace protocol_test
