#pragma once

#include <wsx/deflate_options.hpp>
#include <wsx/dial_options.hpp>
#include <wsx/export.hpp>
#include <wsx/heartbeat.hpp>
#include <wsx/reconnect_options.hpp>
#include <wsx/tls_options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

namespace wsx {

/// The settings of a client. They are checked before each connection attempt: a value out of range
/// makes `connect` fail with `errc::invalid_option`, and `diagnostics::detail` names the option.
struct options {
  options() = default;

  /// Sets one option and returns all of them:
  ///
  ///     wsx::options()
  ///         .set(&wsx::options::ping_interval, 5s)
  ///         .set(&wsx::options::deflate, wsx::deflate_options())
  ///
  /// This is not an aggregate because an aggregate would break within a `co_await` expression; see
  /// `request`.
  template <class Option>
  options& set(Option options::*option, std::type_identity_t<Option> value) & {
    this->*option = std::move(value);
    return *this;
  }
  template <class Option>
  options&& set(Option options::*option, std::type_identity_t<Option> value) && {
    return std::move(set(option, std::move(value)));
  }

  tls_options tls{};  ///< for `wss`

  /// Offers permessage-deflate (RFC 7692); `deflate_options()` is a good choice. Without a value,
  /// nothing is compressed. The server may refuse; see `connection_info::compressed`.
  std::optional<deflate_options> deflate{};

  dial_options dial{};  ///< how a connection is opened

  // Deadlines: each covers its whole phase, and is more than zero. No duration exceeds one year.
  std::chrono::milliseconds connect_timeout{6'000};    ///< `dial.prepare`, resolving, TCP and TLS
  std::chrono::milliseconds handshake_timeout{5'000};  ///< the HTTP request and its response
  std::chrono::milliseconds close_timeout{5'000};      ///< from `close` to the end of TCP

  // Keepalive. RFC 6455 5.5.2.
  std::chrono::milliseconds ping_interval{20'000};  ///< between pings; 0: none
  /// Limit on silence after a ping was written. The connection counts as dead if the server has
  /// then sent no byte, and has taken none of the bytes that wait to be sent.
  std::chrono::milliseconds ping_timeout{20'000};

  /// Limit on the time without any part of a message from the server; pings and pongs don't count.
  /// The connection then counts as dead (`errc::data_timeout`). For servers that always have
  /// something to send, and may hang while they still answer pings. 0: no limit.
  std::chrono::milliseconds data_timeout{0};

  /// Limit on the age of a connection: it is then replaced without an interruption. The client
  /// opens another to the same target, calls `handle_connect` for it, and only then closes the old
  /// one, in order. What senders have queued goes to the new one. The handler gets what the server
  /// still sends on the old one; it can't reply to that. If no other can be opened, the old one
  /// stays, and the client tries again, after delays that grow to a minute. 0: no limit.
  std::chrono::milliseconds max_connection_age{0};
  /// Each connection's limit is lower by a random part of this, so that a fleet does not reconnect
  /// at once. No more than `max_connection_age`.
  std::chrono::milliseconds max_connection_age_jitter{0};

  /// A message to send at regular intervals; none by default.
  wsx::heartbeat heartbeat{};

  // Limits on what the server may send. Exceeding one closes the connection with 1009.
  std::uint64_t max_message_size = 16 * 1024 * 1024;  ///< payload bytes of a message, inflated
  std::uint64_t max_frame_size = 16 * 1024 * 1024;    ///< payload bytes of a frame
  std::size_t max_fragments = 131'072;                ///< frames of a message
  std::size_t max_head_size = 16 * 1024;              ///< bytes of the handshake's response head
  std::size_t max_headers = 128;                      ///< headers of that head

  // Limits on what is queued on this side.
  std::size_t send_queue_size = 512 * 1024;  ///< bytes of each sender's queue, rounded up
  /// Limit on replies that are not yet sent, in bytes. While it is reached, no more replies are
  /// accepted and nothing more is read. A server that then takes nothing for `ping_timeout` is
  /// given up (`errc::peer_not_reading`). The last reply may exceed the limit by its own size. At
  /// most 2 GiB.
  std::size_t max_reply_bytes = 32 * 1024 * 1024;
  std::size_t mailbox_size = 65'536;  ///< casts and posts not yet handled

  /// How long the client may run before other handlers on its thread get their turn. It is checked
  /// between messages, at least every 32. At most one second; 0 means at the first check.
  std::chrono::microseconds max_turn{1'000};

  /// If a connection breaks, frames that are queued and not yet sent are sent on the next one. If
  /// this is set, they are dropped instead, and waiting sends fail.
  bool drop_unsent_on_disconnect = false;

  /// How a client reconnects if its handler has no `handle_disconnect`; `reconnect_options()` is a
  /// good choice. Without a value such a client ends with its first connection. It ends in any case
  /// if this side closed, or if the error is permanent (`condition::permanent`). A handler that has
  /// `handle_disconnect` decides alone.
  std::optional<reconnect_options> reconnect{};

  /// Whether the failure of the first connection attempt is handled as the end of a connection is,
  /// by `handle_disconnect` or `reconnect`. Otherwise `connect` fails, and may be called again.
  bool handle_first_failure = false;

  /// Whether `handle_disconnect` is called after a callback threw, and may reconnect. Otherwise the
  /// client ends.
  bool reconnect_after_exception = false;

  friend bool operator==(const options&, const options&) = default;
};

/// Checks every option. `what` is set to a phrase about the first option that is out of range, for
/// people: "max_headers is 0, it must be at least 1".
WSX_API std::error_code check_options(const options& o, std::string& what);

}  // namespace wsx
