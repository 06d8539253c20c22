#pragma once

#include <wsx/bytes.hpp>
#include <wsx/opcode.hpp>

#include <cstddef>
#include <string_view>
#include <utility>

namespace wsx {

/// The frames that a handler receives and a client sends. All are views of memory that they don't
/// own. A received frame is valid until its callback returns, or until the awaitable that the
/// callback returned completes. How long a frame to send must live is said at each operation.

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
/// When received, it is the part of the message that has arrived, which need not be one frame.
/// `first` marks the beginning of the message and `last` its end.
///
/// When sent, it is one frame. The pieces of a message are sent in order, the first with `first`
/// and the last with `last`. The sender can send no other message between them. Until the last
/// piece is sent, RFC 6455 5.4 allows only control frames between them: replies of callbacks and
/// frames of other senders wait. Reading goes on meanwhile.
struct fragment {
  opcode op = opcode::binary;  ///< `text` or `binary`: the kind of the whole message
  bool first = true;
  bool last = true;
  bytes_view payload{};
};

/// A frame that is sent as it is, even if compression has been agreed on. It keeps a secret out of
/// what the sizes of compressed messages reveal; see `deflate_options`. For a message in fragments,
/// the wrapper of the first one counts.
///
///     co_await client.send(wsx::uncompressed(wsx::text{token}));
template <class Frame>
struct uncompressed {
  constexpr explicit uncompressed(Frame f) noexcept : frame(std::move(f)) {}

  Frame frame;
};

/// The longest payload of a ping or pong. RFC 6455 5.5.
inline constexpr std::size_t max_control_payload = 125;

/// The longest reason of a Close frame: 125 bytes minus the code. RFC 6455 5.5.1.
inline constexpr std::size_t max_close_reason = 123;

}  // namespace wsx
