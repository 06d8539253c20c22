#pragma once

#include <wsx/close_reason.hpp>
#include <wsx/connection_info.hpp>
#include <wsx/export.hpp>
#include <wsx/stats.hpp>
#include <wsx/tls_info.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace wsx {

/// What a client is doing.
enum class client_phase {
  idle,        ///< `connect` may be called
  connecting,  ///< an attempt to connect is in progress
  open,        ///< messages go both ways
  closing,     ///< the closing handshake is in progress
  pausing,     ///< between two connections: `handle_disconnect` decides, or its delay passes
  ended,
};

/// What a client is doing, and how it got there: the result of `client_base::status`.
///
/// `to_string` has it as text for people. `to_json` has it for programs. In both, secrets are
/// hidden and data from the peer is escaped. `url` has no secrets in itself.
struct client_status {
  client_phase phase = client_phase::idle;
  bool suspended = false;  ///< see `client_base::suspend`
  /// How long the connection has been open (closing included), the attempt has taken, or the client
  /// has waited. Zero before `connect` and after the end.
  std::chrono::steady_clock::duration since{};
  std::string url{};        ///< the target, without user information and values of the query
  std::size_t attempt = 0;  ///< number of the attempt in progress, or of failed ones in a row

  /// The open connection; nothing without one.
  std::optional<connection_info> connection{};
  std::optional<tls_info> tls{};  ///< nothing without TLS

  /// How the last connection, attempt or the client ended; nothing if none has since the last
  /// connection opened.
  std::optional<close_reason> last_end{};

  std::size_t mailbox = 0;       ///< casts and posts that wait
  std::size_t senders = 0;       ///< that have sent anything, and the client itself
  std::size_t queued_bytes = 0;  ///< in the queues of all senders
  std::size_t reply_bytes = 0;   ///< of callbacks, not written yet: see `max_reply_bytes`
  wsx::stats stats{};
  std::size_t modules = 0;  ///< in the process, old ones included: see `module::loaded`

  std::string handler{};  ///< what the handler's `format_status` returned
};

/// Returns the status as a JSON object (RFC 8259) with the members of `client_status`. Durations
/// are in seconds, times in seconds since 1970. Members without a value are absent.
WSX_API std::string to_json(const client_status& status);

}  // namespace wsx
