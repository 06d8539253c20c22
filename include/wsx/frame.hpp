#pragma once

#include <wsx/bytes.hpp>
#include <wsx/opcode.hpp>

#include <cstddef>
#include <string_view>
#include <utility>

namespace wsx {

/// The frames that a handler receives and that a client sends. All are views: what they point to
/// belongs to somebody else. A received one is valid until its callback returns (or until the
/// awaitable that the callback returned completes); one to be sent must live as long as the
/// operation that it is passed to says.

/// A text message. The payload is UTF-8; RFC 6455 5.6.
struct text {
  std::string_view payload{};
};

/// A binary message. RFC 6455 5.6.
struct binary {
  constexpr binary() = default;
  constexpr explicit binary(bytes_view bytes) noexcept : payload(bytes) {}
  explicit binary(std::string_view bytes) noexcept : payload(as_bytes(bytes)) {}

  bytes_view payload{};
};

/// A ping with at most 125 bytes. RFC 6455 5.5.2.
struct ping {
  constexpr ping() = default;
  constexpr explicit ping(bytes_view bytes) noexcept : payload(bytes) {}
  explicit ping(std::string_view bytes) noexcept : payload(as_bytes(bytes)) {}

  bytes_view payload{};
};

/// A pong with at most 125 bytes. RFC 6455 5.5.3.
struct pong {
  constexpr pong() = default;
  constexpr explicit pong(bytes_view bytes) noexcept : payload(bytes) {}
  explicit pong(std::string_view bytes) noexcept : payload(as_bytes(bytes)) {}

  bytes_view payload{};
};

/// A piece of a message. RFC 6455 5.4.
///
/// Received, it is what has arrived of the message, not necessarily one frame: `first` marks the
/// beginning and `last` the end of the message. To be sent, it is one frame: the pieces of a
/// message go out in order, the first with `first`, the last with `last`, no other message of the
/// same sender between them. Until the last is sent, RFC 6455 5.4 lets nothing else follow but
/// control frames: what callbacks reply and other senders queue waits. Reading goes on meanwhile.
struct fragment {
  opcode op = opcode::binary;  ///< `text` or `binary`: the kind of the whole message
  bool first = true;
  bool last = true;
  bytes_view payload{};
};

/// A frame that is sent as it is, even if compression has been agreed on. Keeps a secret out of
/// what the sizes of compressed messages tell about each other; see `deflate_options`. Of a message
/// in fragments it counts on the first.
///
///     co_await client.send(wsx::uncompressed(wsx::text{token}));
template <class Frame>
struct uncompressed {
  constexpr explicit uncompressed(Frame f) noexcept : frame(std::move(f)) {}

  Frame frame;
};

/// The longest payload of a ping or pong. RFC 6455 5.5.
inline constexpr std::size_t max_control_payload = 125;

/// The longest reason of a Close frame: 125 bytes less the code. RFC 6455 5.5.1.
inline constexpr std::size_t max_close_reason = 123;

}  // namespace wsx
