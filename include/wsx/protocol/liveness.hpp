#pragma once

#include <wsx/bytes.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/keepalive.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace wsx::protocol {

/// Whether the peer lives, and takes what is sent to it: keepalive pings (RFC 6455 5.5.2), and the
/// bytes that leave. Knows no clock: the time is what the caller says.
class liveness {
 public:
  using time_point = keepalive::clock::time_point;
  using duration = keepalive::clock::duration;

  /// What the caller has to do.
  enum class verdict : std::uint8_t {
    wait,
    send_ping,    ///< `ping_payload`
    silent,       ///< nothing has come from the peer for `timeout`, though it was pinged
    not_reading,  ///< the peer has taken nothing for `timeout`, though much waits for it
  };

  /// A connection has been opened at `now`. An `interval` of zero: no pings.
  liveness(duration interval, duration timeout, time_point now) noexcept
      : keepalive_(interval, timeout), progressed_(now) {
    keepalive_.start(now);
  }

  /// Bytes have come.
  void heard() noexcept { keepalive_.heard(); }

  /// A pong has come: see `keepalive::pong`.
  std::optional<duration> pong(bytes_view payload, time_point now) noexcept {
    return keepalive_.pong(payload, now);
  }

  /// Bytes have been written; `ping_written`: with them the end of the last ping.
  WSX_API void sent(std::size_t count, bool ping_written, time_point now) noexcept;

  /// The transport takes bytes again, after it took no more.
  void writable(time_point now) noexcept {
    keepalive_.progressed(now);
    progressed_ = now;
  }

  /// When to call `poll`, unless something happens before. `congested`: so much waits for the peer
  /// that nothing is read any more.
  WSX_API std::optional<time_point> next(bool congested, time_point now) noexcept;

  /// What is due. `unacknowledged`: the bytes written that the peer's system has not confirmed, if
  /// that is known.
  WSX_API verdict poll(time_point now, bool congested,
                       std::optional<std::size_t> unacknowledged) noexcept;

  bytes_view ping_payload() const noexcept { return keepalive_.ping_payload(); }

 private:
  bool confirms_more(std::uint64_t& acknowledged, std::optional<std::size_t> unacknowledged,
                     std::uint64_t limit) const noexcept;

  [[no_unique_address]] keepalive keepalive_;  // its padding holds what follows
  bool congested_ = false;
  time_point progressed_;       // when the peer last took anything
  std::uint64_t sent_ = 0;      // bytes
  std::uint64_t ping_end_ = 0;  // of the last ping, among these
  // Acknowledged of these by the peer's system, when each deadline last asked: what was new to one
  // is new to the other.
  std::uint64_t ping_acknowledged_ = 0;
  std::uint64_t stall_acknowledged_ = 0;
};

}  // namespace wsx::protocol
