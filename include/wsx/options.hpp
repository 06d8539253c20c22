#pragma once

#include <wsx/deflate_options.hpp>
#include <wsx/export.hpp>
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

/// What can be set about a client. Checked before each connection is made: a value out of its
/// range makes `connect` fail with `errc::invalid_option`; `diagnostics::detail` says which.
struct options {
  options() = default;

  /// Sets one option, and returns all of them:
  ///
  ///     wsx::options()
  ///         .set(&wsx::options::ping_interval, 5s)
  ///         .set(&wsx::options::deflate, wsx::deflate_options())
  ///
  /// Not an aggregate, for that would break within a `co_await` expression: see `request`.
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

  /// Offers permessage-deflate, RFC 7692: `deflate_options()` is a good choice. Without a value,
  /// nothing is compressed. The server may refuse; see `connection_info::compressed`.
  std::optional<deflate_options> deflate{};

  // Deadlines; each is absolute and more than zero. No duration here is longer than a year.
  std::chrono::milliseconds connect_timeout{6'000};    ///< resolving, TCP and TLS
  std::chrono::milliseconds handshake_timeout{5'000};  ///< the HTTP request and its response
  std::chrono::milliseconds close_timeout{5'000};      ///< from `close` to the end of TCP

  // Keepalive. RFC 6455 5.5.2.
  std::chrono::milliseconds ping_interval{20'000};  ///< between pings; 0: none
  /// The link is dead if for so long, since a ping was written, no byte has come from the server,
  /// and it took none of those that wait for it or keep the ping from leaving.
  std::chrono::milliseconds ping_timeout{20'000};

  // What the server may send. Beyond these the connection is closed with 1009.
  std::uint64_t max_message_size = 16 * 1024 * 1024;  ///< payload bytes of a message, inflated
  std::uint64_t max_frame_size = 16 * 1024 * 1024;    ///< payload bytes of a frame
  std::size_t max_fragments = 131'072;                ///< frames of a message
  std::size_t max_head_size = 16 * 1024;              ///< bytes of the handshake's response head
  std::size_t max_headers = 128;                      ///< headers of that head

  // What is queued on this side.
  std::size_t send_queue_size = 512 * 1024;  ///< bytes of each sender's queue, rounded up
  /// Bytes of replies not yet sent. While there are so many, no more are accepted and nothing more
  /// is read; a server that then takes nothing for `ping_timeout` is given up
  /// (`errc::peer_not_reading`). The last reply may exceed it by its own size. At most 2 GiB.
  std::size_t max_reply_bytes = 32 * 1024 * 1024;
  std::size_t mailbox_size = 65'536;  ///< casts and posts not yet handled

  /// How long the client may keep its thread before others have their turn, looked at between
  /// messages, at least after every 32. At most a second; 0: at the first look.
  std::chrono::microseconds max_turn{1'000};

  /// Frames queued but not sent when a connection breaks go out on the next one, unless this is
  /// set: then they are dropped, and waiting sends fail.
  bool drop_unsent_on_disconnect = false;

  /// Whether a first connection that fails is handed to `handle_disconnect`, which may retry it.
  /// Otherwise `connect` just fails, and may be called again.
  bool handle_first_failure = false;

  /// Whether `handle_disconnect` is asked after a callback threw, and may reconnect. Otherwise the
  /// client ends.
  bool reconnect_after_exception = false;

  friend bool operator==(const options&, const options&) = default;
};

/// Checks every option; `what` gets the first that is out of its range, as a phrase for people:
/// "max_headers is 0, it must be at least 1".
WSX_API std::error_code check_options(const options& o, std::string& what);

}  // namespace wsx
