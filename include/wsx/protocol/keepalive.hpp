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

  /// A connection has been opened.
  WSX_API void start(clock::time_point now) noexcept;

  /// Bytes have come, of whatever kind: the peer lives.
  void heard() noexcept { heard_ = true; }

  /// What is due. Ask at `next`.
  WSX_API action poll(clock::time_point now) noexcept;

  /// When to ask again; nothing: never.
  std::optional<clock::time_point> next() const noexcept {
    if (interval_ == clock::duration::zero()) return std::nullopt;
    return next_;
  }

  /// The payload of the ping to be sent: a count, so that its pong can be told from others.
  bytes_view ping_payload() const noexcept { return payload_; }

  /// A pong came. How long its ping was under way, if it is the first answer to the last one.
  WSX_API std::optional<clock::duration> pong(bytes_view payload, clock::time_point now) noexcept;

 private:
  clock::duration interval_{};
  clock::duration timeout_{};
  clock::time_point next_{};
  clock::time_point pinged_{};
  bool waiting_ = false;  // for any byte since the last ping
  bool heard_ = false;
  bool answered_ = true;  // the last ping, by its pong
  std::array<std::byte, 4> payload_{};
};

}  // namespace wsx::protocol
