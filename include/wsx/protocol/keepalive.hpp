#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace wsx::protocol {

/// Decides when to ping, and when the peer is gone. RFC 6455 5.5.2. Knows no clock: the time is
/// what the caller says.
///
/// A ping may have to wait behind much else, and so may its pong: the timeout counts from when the
/// ping was written, or from when the peer last took anything.
class keepalive {
 public:
  using clock = std::chrono::steady_clock;

  /// What the caller has to do.
  enum class action { wait, send_ping, give_up };

  /// No pings, the peer is never given up.
  keepalive() = default;

  /// An `interval` of zero: the same.
  keepalive(clock::duration interval, clock::duration timeout)
      : interval_(interval), timeout_(timeout) {}

  clock::duration timeout() const noexcept { return timeout_; }

  /// A connection has been opened.
  WSX_API void start(clock::time_point now) noexcept;

  /// Bytes have come, of whatever kind: the peer lives.
  void heard() noexcept { heard_ = true; }

  /// The peer took bytes that had waited for it: it lives.
  void progressed(clock::time_point now) noexcept { alive_ = now; }

  /// The last ping has been written: from now on the peer can answer it.
  void ping_written(clock::time_point now) noexcept { pinged_ = alive_ = now; }

  /// What is due. Ask at `next`.
  WSX_API action poll(clock::time_point now) noexcept;

  /// When to ask again; nothing: never.
  std::optional<clock::time_point> next() const noexcept {
    if (interval_ == clock::duration::zero()) return std::nullopt;
    return next_;
  }

  /// The payload of the ping to be sent: a count, so that its pong can be told from others.
  bytes_view ping_payload() const noexcept { return payload_; }

  /// A pong came. How long its ping was under way, since it was written, if it is the first answer
  /// to the last one.
  WSX_API std::optional<clock::duration> pong(bytes_view payload, clock::time_point now) noexcept;

 private:
  clock::duration interval_{};
  clock::duration timeout_{};
  clock::time_point next_{};
  clock::time_point pinged_{};
  clock::time_point alive_{};  // when the peer can be known to have been, but for what it sent
  bool waiting_ = false;       // for any byte since the last ping
  bool heard_ = false;
  bool answered_ = true;  // the last ping, by its pong
  std::array<std::byte, 4> payload_{};
};

}  // namespace wsx::protocol
