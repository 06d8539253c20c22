#include <wsx/protocol/liveness.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace wsx::protocol {

namespace {

constexpr std::uint64_t no_end = std::numeric_limits<std::uint64_t>::max();

}  // namespace

void liveness::sent(std::size_t count, bool ping_written, time_point now) noexcept {
  sent_ += count;
  progressed_ = now;
  if (!ping_written) return;
  keepalive_.ping_written(now);
  ping_end_ = sent_;
}

std::optional<liveness::time_point> liveness::next(bool congested, time_point now,
                                                   const timing& t) noexcept {
  if (congested && !congested_) progressed_ = now;  // its time begins when this much waits
  if (congested || congested_) data_ = now;         // nothing was read
  congested_ = congested;
  const auto ping = keepalive_.next(t.ping);
  const auto other = congested ? progressed_ + t.ping.timeout : data_due(t);
  return ping && other ? std::min(*ping, *other) : ping ? ping : other;
}

liveness::verdict liveness::poll(time_point now, bool congested,
                                 std::optional<std::size_t> unacknowledged,
                                 const timing& t) noexcept {
  // The peer may wait for us to read, while we wait for it to read.
  if (congested && now >= progressed_ + t.ping.timeout) {
    if (!confirms_more(stall_acknowledged_, unacknowledged, no_end)) return verdict::not_reading;
    progressed_ = now;
  }
  switch (keepalive_.poll(now, t.ping)) {
    case keepalive::action::wait: {
      const auto due = data_due(t);
      return due && now >= *due ? verdict::no_data : verdict::wait;
    }
    case keepalive::action::send_ping:
      ping_end_ = no_end;
      confirms_more(ping_acknowledged_, unacknowledged, no_end);
      return verdict::send_ping;
    case keepalive::action::give_up: break;
  }
  if (!confirms_more(ping_acknowledged_, unacknowledged, ping_end_)) return verdict::silent;
  keepalive_.progressed(now);
  return poll(now, congested, unacknowledged, t);
}

std::optional<liveness::time_point> liveness::data_due(const timing& t) const noexcept {
  if (t.data_timeout == duration::zero()) return std::nullopt;
  return data_ + t.data_timeout;
}

// The kernel may hold so much data before a ping that the ping is written late and the socket stays
// full for long. While the peer's system confirms data, the link works. That counts only up to
// `limit`, the end of the ping. If its system confirms data after the ping, but there is no pong,
// the peer may no longer read.
bool liveness::confirms_more(std::uint64_t& acknowledged, std::optional<std::size_t> unacknowledged,
                             std::uint64_t limit) const noexcept {
  if (!unacknowledged) return false;
  const std::uint64_t now = sent_ - std::min<std::uint64_t>(*unacknowledged, sent_);
  const std::uint64_t before = std::exchange(acknowledged, now);
  return before < limit && before < now;
}

}  // namespace wsx::protocol
