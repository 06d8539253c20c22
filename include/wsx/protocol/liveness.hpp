#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/keepalive.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace wsx::protocol {

/// Checks whether the peer is alive, with keepalive pings (RFC 6455 5.5.2), and whether it takes
/// the bytes that are sent to it. It has no clock: the caller passes the time.
class liveness {
 public:
  using time_point = keepalive::clock::time_point;
  using duration = keepalive::clock::duration;

  /// What the caller has to do.
  enum class verdict : std::uint8_t {
    wait,
    send_ping,    ///< `ping_payload`
    silent,       ///< nothing has arrived from the peer for `timeout` after a ping
    not_reading,  ///< the peer has taken nothing for `timeout`, though much data waits for it
  };

  /// A connection has been opened at `now`. An `interval` of zero means no pings.
  liveness(duration interval, duration timeout, time_point now) noexcept
      : keepalive_(interval, timeout), progressed_(now) {
    keepalive_.start(now);
  }

  /// Bytes have arrived.
  void heard() noexcept { keepalive_.heard(); }

  /// A pong has arrived: see `keepalive::pong`.
  std::optional<duration> pong(bytes_view payload, time_point now) noexcept {
    return keepalive_.pong(payload, now);
  }

  /// Bytes have been written; `ping_written`: they included the end of the last ping.
  WSX_API void sent(std::size_t count, bool ping_written, time_point now) noexcept;

  /// The transport takes bytes again after it was full.
  void writable(time_point now) noexcept {
    keepalive_.progressed(now);
    progressed_ = now;
  }

  /// Returns when to call `poll`, unless something happens before. `congested`: so much data waits
  /// for the peer that nothing is read any more.
  WSX_API std::optional<time_point> next(bool congested, time_point now) noexcept;

  /// Returns what is due. `unacknowledged`: the written bytes that the peer's system has not
  /// confirmed, if that is known.
  WSX_API verdict poll(time_point now, bool congested,
                       std::optional<std::size_t> unacknowledged) noexcept;

  bytes_view ping_payload() const noexcept { return keepalive_.ping_payload(); }

 private:
  bool confirms_more(std::uint64_t& acknowledged, std::optional<std::size_t> unacknowledged,
                     std::uint64_t limit) const noexcept;

  [[no_unique_address]] keepalive keepalive_;  // its padding holds what follows
  bool congested_ = false;
  time_point progressed_;       // when the peer last took any bytes
  std::uint64_t sent_ = 0;      // bytes
  std::uint64_t ping_end_ = 0;  // the position in these bytes where the last ping ends
  // Acknowledged by the peer's system when each deadline last asked: progress for one is not
  // progress for the other.
  std::uint64_t ping_acknowledged_ = 0;
  std::uint64_t stall_acknowledged_ = 0;
};

}  // namespace wsx::protocol
