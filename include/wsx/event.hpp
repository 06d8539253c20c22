#pragma once

#include <wsx/config.hpp>

#include <wsx/bytes.hpp>
#include <wsx/close_reason.hpp>
#include <wsx/connection_info.hpp>
#include <wsx/export.hpp>
#include <wsx/opcode.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// What happens to a client, for those who watch it. A handler is told of an event if it has a
/// member `handle_event` that takes its type. Other events cost it nothing. A trace is told of all
/// of them but `callback_returned` and `queue_sampled`.
///
/// An event refers to what it is about: it is valid until `handle_event` returns.
///
///     void handle_event(const wsx::event::connected& e) { log(e.connection.peer_endpoint); }
///     void handle_event(const wsx::event::queue_full& e) { refused += e.count; }
namespace wsx::event {

/// An attempt to connect begins.
struct attempt_started {
  std::size_t number = 1;  ///< in a row, from 1

  /// Without user information; the values of its query are "***". `url.full` of OpenTelemetry.
  std::string url{};
};

/// An attempt to connect has failed, or was given up.
struct attempt_failed {
  std::size_t number = 1;
  const close_reason& reason;
};

/// A connection is open, and no callback has been called for it.
struct connected {
  const connection_info& connection;
};

/// The closing handshake has begun, on either side. What follows is not known yet: only
/// `disconnected` has the whole reason.
struct closing {
  const close_reason& reason;
};

/// A connection has ended.
struct disconnected {
  const close_reason& reason;
  std::chrono::nanoseconds uptime{};  ///< how long the connection was open
  std::size_t number = 0;             ///< `connection_info::number`
  /// Whether the client has another open connection: see `options::max_connection_age`.
  bool still_connected = false;
};

/// The transport has taken a frame, whoever sent it: keepalive pings, pongs and Close frames are
/// frames, too. A frame that is larger than a batch (256 KiB) is told when the first part of it has
/// been taken.
struct frame_sent {
  opcode op = opcode::binary;
  bool fin = true;
  bool compressed = false;  ///< it begins a compressed message (RSV1 of RFC 7692)
  std::uint64_t size = 0;   ///< of the payload on the wire

  /// Copies the payload, unmasked: as much as fits into `place` and has been taken. A compressed
  /// one is copied as it is on the wire. Returns the number of bytes.
  WSX_API std::size_t copy_payload(std::span<std::byte> place) const noexcept;

  bytes_view masked{};  ///< what has been taken of the payload, in its form on the wire
  std::array<std::byte, 4> masking_key{};
};

/// A frame has arrived, and its callback has not been called: a ping, a pong, a Close frame, a
/// whole message, which may have come in several frames, or with `handle_fragment` a piece of one.
/// A message was inflated if it was compressed.
struct frame_received {
  opcode op = opcode::binary;  ///< `continuation` for a piece that is not the first
  bool fin = true;             ///< false for a piece that is not the last
  std::uint64_t size = 0;      ///< of the payload
  bytes_view payload{};
};

/// Something was refused because a limit was reached.
struct queue_full {
  enum class of : std::uint8_t {
    sender,    ///< `send_queue_size`: a `try_send` was refused, or a `send` waits
    callback,  ///< `max_reply_bytes`: a reply or `session::send` was refused
    mailbox,   ///< `mailbox_size`: a `cast` or `post` was refused
  };
  of queue = of::sender;
  std::uint64_t count = 1;  ///< how often, since the last such event
};

/// The server has answered a keepalive ping.
struct keepalive_answered {
  std::chrono::nanoseconds round_trip{};  ///< from the ping, when it was written, to its pong
};

/// The handler has decided to connect again.
struct reconnect_scheduled {
  std::chrono::nanoseconds delay{};
  std::size_t attempt = 1;  ///< the number of the attempt that follows
};

/// The handler was replaced by one of another version. The new handler is told.
struct handler_replaced {
  std::string_view old_version{};
  std::string_view new_version{};
};

/// The client is suspended: see `client_base::suspend`. Other events are still told.
struct suspended {};

/// The client goes on, or is about to end.
struct resumed {};

/// The client is about to end: only the callback `terminate` follows.
struct terminated {
  const close_reason& reason;
};

// Measurements. They have a cost for a handler that takes them, and no trace shows them.

/// A callback has returned or, if it is a coroutine, has finished.
struct callback_returned {
  std::chrono::nanoseconds took{};  ///< a coroutine's waits included
  std::size_t mailbox = 0;          ///< messages that wait for the handler
};

/// Everything that was queued for sending at one moment has been written. Such moments follow each
/// other while there is anything to send.
struct queue_sampled {
  std::chrono::nanoseconds delay{};  ///< since that moment
};

}  // namespace wsx::event
