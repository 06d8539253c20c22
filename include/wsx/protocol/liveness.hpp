#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/keepalive.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace wsx::protocol {

/// Checks whether the peer is alive, with keepalive pings (RFC 6455 5.5.2), whether it takes the
/// bytes that are sent to it, and whether it sends messages. It has no clock: the caller passes the
/// time.
class liveness {
 public:
  using time_point = keepalive::clock::time_point;
  using duration = keepalive::clock::duration;

  /// The settings. The caller has them, so they are not stored here.
  struct timing {
    keepalive::timing ping{};
    duration data_timeout{};  ///< the longest time without any part of a message; zero: no limit
  };

  /// What the caller has to do.
  enum class verdict : std::uint8_t {
    wait,
    send_ping,    ///< `ping_payload`
    silent,       ///< nothing has arrived from the peer for `ping.timeout` after a ping
    not_reading,  ///< it has taken nothing for `ping.timeout`, though much data waits for it
    no_data,      ///< no part of a message has arrived for `data_timeout`
  };

  /// A connection has been opened at `now`.
  liveness(const timing& t, time_point now) noexcept
      : keepalive_(t.ping, now), progressed_(now), data_(now) {}

  /// Bytes have arrived.
  void heard() noexcept { keepalive_.heard(); }

  /// Part of a message has arrived.
  void data_arrived(time_point now) noexcept { data_ = now; }

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

  /// Nothing was read for a while, so nothing is known about the peer: all times begin at `now`.
  void restart(time_point now, const timing& t) noexcept {
    keepalive_.restart(now, t.ping);
    progressed_ = data_ = now;
  }

  /// Returns when to call `poll`, unless something happens before. `congested`: so much data waits
  /// for the peer that nothing is read any more.
  WSX_API std::optional<time_point> next(bool congested, time_point now, const timing& t) noexcept;

  /// Returns what is due. `unacknowledged`: the written bytes that the peer's system has not
  /// confirmed, if that is known.
  WSX_API verdict poll(time_point now, bool congested, std::optional<std::size_t> unacknowledged,
                       const timing& t) noexcept;

  bytes_view ping_payload() const noexcept { return keepalive_.ping_payload(); }

 private:
  std::optional<time_point> data_due(const timing& t) const noexcept;
  bool confirms_more(std::uint64_t& acknowledged, std::optional<std::size_t> unacknowledged,
                     std::uint64_t limit) const noexcept;

  [[no_unique_address]] keepalive keepalive_;  // its padding holds what follows
  bool congested_ = false;
  time_point progressed_;       // when the peer last took any bytes
  time_point data_;             // when part of a message last arrived, or could have been read
  std::uint64_t sent_ = 0;      // bytes
  std::uint64_t ping_end_ = 0;  // the position in these bytes where the last ping ends
  // Acknowledged by the peer's system when each deadline last asked: progress for one is not
  // progress for the other.
  std::uint64_t ping_acknowledged_ = 0;
  std::uint64_t stall_acknowledged_ = 0;
};

}  // namespace wsx::protocol
