#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace wsx::protocol {

/// Decides when to send a ping, and when the peer is considered dead. RFC 6455 5.5.2. It has no
/// clock: the caller passes the time.
///
/// A ping may have to wait behind much data, and so may its pong. The timeout therefore counts from
/// when the ping was written, or from when the peer last took any bytes.
class keepalive {
 public:
  using clock = std::chrono::steady_clock;

  /// What the caller has to do.
  enum class action { wait, send_ping, give_up };

  /// The settings. The caller has them, so they are not stored here.
  struct timing {
    clock::duration interval{};  ///< between pings; zero: no pings, and the peer is never given up
    clock::duration timeout{};
  };

  /// A connection has been opened at `now`.
  keepalive(const timing& t, clock::time_point now) noexcept : next_(now + t.interval) {}

  /// Bytes of any kind have arrived: the peer is alive.
  void heard() noexcept { heard_ = true; }

  /// The peer took bytes that had waited for it: it is alive.
  void progressed(clock::time_point now) noexcept { alive_ = now; }

  /// The last ping has been written, so the peer can answer it.
  void ping_written(clock::time_point now) noexcept { pinged_ = alive_ = now; }

  /// Forgets the last ping; the next one is due after a whole interval.
  void restart(clock::time_point now, const timing& t) noexcept {
    next_ = now + t.interval;
    waiting_ = false;
    answered_ = true;
  }

  /// Returns what is due. To be called at `next`.
  WSX_API action poll(clock::time_point now, const timing& t) noexcept;

  /// Returns when to call `poll` again; nothing: never.
  std::optional<clock::time_point> next(const timing& t) const noexcept {
    if (t.interval == clock::duration::zero()) return std::nullopt;
    return next_;
  }

  /// Returns the payload of the ping to send: a count, so that its pong can be told from others.
  bytes_view ping_payload() const noexcept { return payload_; }

  /// A pong has arrived. If it is the first answer to the last ping, returns the time since that
  /// ping was written.
  WSX_API std::optional<clock::duration> pong(bytes_view payload, clock::time_point now) noexcept;

 private:
  clock::time_point next_;
  clock::time_point pinged_{};
  clock::time_point
      alive_{};           // when the peer was last known to be alive, other than by data from it
  bool waiting_ = false;  // for any byte since the last ping
  bool heard_ = false;
  bool answered_ = true;  // the last ping, by its pong
  std::array<std::byte, 4> payload_{};
};

}  // namespace wsx::protocol
