#pragma once

#include "outbox_fixture.hpp"
#include "support.hpp"

#include <wsx/frame.hpp>
#include <wsx/memory/byte_buffer.hpp>
#include <wsx/options.hpp>
#include <wsx/protocol/connection.hpp>
#include <wsx/testing/server_deflate.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// What the tests of the connection share: a connection behind its handshake, what a server sends
/// to it, what it writes, and the time, which is moved by hand.
namespace connection_test {

using namespace std::chrono_literals;
using namespace wsx::protocol;
using namespace wsx::testing;
using outbox_test::decode;
using outbox_test::everything;
using outbox_test::frames;
using outbox_test::text;
using outbox_test::words;
using protocol_test::chunks;
using protocol_test::unfinished;
using protocol_test::wire;
using wsx::as_bytes;
using wsx::as_chars;
using wsx::close_code;
using wsx::close_origin;
using wsx::errc;
using wsx::opcode;

using duration = std::chrono::steady_clock::duration;
using unacknowledged = std::optional<std::size_t>;

// No pings between.
inline wsx::options calm() {
  return wsx::options().set(&wsx::options::ping_interval, 0ms);
}

inline wsx::options pinging(std::chrono::milliseconds interval = 20s,
                            std::chrono::milliseconds timeout = 10s) {
  return wsx::options()
      .set(&wsx::options::ping_interval, interval)
      .set(&wsx::options::ping_timeout, timeout);
}

inline wsx::options compressing() {
  return calm().set(&wsx::options::deflate, wsx::deflate_options());
}

inline constexpr reception no_text{.text = false};
inline constexpr reception no_binary{.binary = false};
inline constexpr reception pings{.pings = true};
inline constexpr reception pieces{.how = delivery::fragments};

inline std::string payload_of(const connection& c) {
  return std::string(as_chars(c.payload()));
}

/// An event in words.
inline std::string in_words(event what, const connection& c) {
  switch (what) {
    case event::need_input: return "";
    case event::text: return "text " + payload_of(c) + "; ";
    case event::binary: return "binary " + payload_of(c) + "; ";
    case event::ping: return "ping " + payload_of(c) + "; ";
    case event::pong: return "pong " + payload_of(c) + "; ";
    case event::fragment: break;
  }
  const std::string kind = c.message_kind() == opcode::text ? "text" : "binary";
  return kind + (c.first() ? " first " : " ") + payload_of(c) + (c.last() ? " last; " : "; ");
}

class fixture : private connection_observer {
 public:
  explicit fixture(wsx::options o = calm(), reception wanted = {},
                   const deflate_agreement& agreed = {})
      : options(std::move(o)),
        box(options.max_reply_bytes),
        c(options, wanted, options.deflate ? std::optional(agreed) : std::nullopt, box, now) {
    c.observe(*this);
  }

  wsx::options options;
  connection::time_point now{1h};
  outbox box;
  connection c;

  /// The events of what the server sends, in words; `input` dies with the next.
  std::string receive(std::string_view bytes) {
    hand(bytes);
    return take_all();
  }
  template <class... Frames>
  std::string receive(const server_frame& frame, const Frames&... others) {
    return receive(wire(frame, others...));
  }

  /// The same, without asking for any events.
  void hand(std::string_view bytes) {
    protocol_test::exact_copy copy(bytes);
    c.receive(copy.view(), now);
    input = std::move(copy);
  }

  /// One look at the transport finds nothing.
  void receive_nothing() { c.receive({}, now); }

  /// The events until the connection needs input, in words.
  std::string take_all() {
    std::string words;
    for (auto e = c.next(); e != event::need_input; e = c.next()) words += in_words(e, c);
    return words;
  }

  errc send(std::string_view payload) { return c.send(outgoing_frame(wsx::text{payload})); }

  /// What a producer has to send.
  void queue(std::string_view payload, payloads form = payloads::masked) {
    auto source = std::make_shared<frame_source>(4 << 20, form);
    outbox_test::push(source, {.op = opcode::text, .rsv1 = form == payloads::unmasked}, payload);
    box.attach(std::move(source));
  }

  /// Writes up to `limit` bytes, so many at once.
  std::string write(std::size_t limit = everything, std::size_t at_once = everything) {
    std::string written;
    while (written.size() < limit) {
      const auto bytes = c.data_to_send(now);
      if (box.compressing()) continue;
      if (bytes.empty()) break;
      const auto count = std::min({bytes.size(), limit - written.size(), at_once});
      written += as_chars(bytes.first(count));
      c.sent(count, now);
    }
    return written;
  }

  /// What the server gets to see, in words.
  frames sent(std::size_t at_once = everything) { return decode(write(everything, at_once)); }

  /// The one frame that is sent.
  client_frame sent_alone() {
    const std::string written = write();
    std::string_view left = written;
    const auto frame = decode_client_frame(left);
    REQUIRE(frame);
    CHECK(left.empty());
    return *frame;
  }

  /// All that is due in that time is done when it is.
  void let_pass(duration time, unacknowledged bytes = {}) {
    const auto end = now + time;
    for (auto when = c.next_timeout(now); when && *when <= end;) {
      now = std::max(now, *when);
      c.handle_timeout(now, bytes);
      when = c.next_timeout(now);
      REQUIRE((!when || *when > now));
    }
    now = end;
  }

  /// When something is due next, from now on.
  std::optional<duration> due() {
    const auto when = c.next_timeout(now);
    return when ? std::optional<duration>(*when - now) : std::nullopt;
  }

  const wsx::close_reason& reason() const { return c.reason(); }
  bool ended_by(std::error_code error) const { return c.over() && reason().error == error; }

  std::optional<std::chrono::nanoseconds> latency;  // of the last answered ping
  std::optional<protocol_test::exact_copy> input;
  wsx::memory::byte_buffer kept;  // the rest of one that was given back

 private:
  bool arrived(event, const incoming&) override { return true; }
  void took(opcode, wsx::bytes_view) override {}
  void answered(std::chrono::nanoseconds round_trip) override { latency = round_trip; }
  void closing() override {}
};

/// A Close frame in words.
inline std::string close_words(std::uint16_t code, std::string_view why = {}) {
  return describe(
      client_frame{.opcode = opcodes::close, .payload = close_frame(code, why).payload});
}

/// A message as the server compresses it.
inline server_frame compressed(server_deflater& server, std::string_view message) {
  auto frame = text_frame(server.message(message));
  frame.rsv = rsv1;
  return frame;
}

}  // namespace connection_test
