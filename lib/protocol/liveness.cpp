#include <wsx/protocol/liveness.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace wsx::protocol {

namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

}  // namespace

void liveness::sent(std::size_t count, bool ping_written, time_point now) noexcept {
  sent_ += count;
  progressed_ = now;
  if (!ping_written) return;
  keepalive_.ping_written(now);
  ping_end_ = sent_;
}

std::optional<liveness::time_point> liveness::next(bool congested, time_point now) noexcept {
  if (congested && !congested_) progressed_ = now;  // its time begins when so much waits
  congested_ = congested;
  const auto ping = keepalive_.next();
  if (!congested) return ping;
  const auto stalled = progressed_ + keepalive_.timeout();
  return ping ? std::min(*ping, stalled) : stalled;
}

liveness::verdict liveness::poll(time_point now, bool congested,
                                 std::optional<std::size_t> unacknowledged) noexcept {
  // The peer may take nothing before we read, and we read nothing before it does.
  if (congested && now >= progressed_ + keepalive_.timeout()) {
    if (!confirms_more(stall_acknowledged_, unacknowledged, unlimited)) return verdict::not_reading;
    progressed_ = now;
  }
  switch (keepalive_.poll(now)) {
    case keepalive::action::wait: return verdict::wait;
    case keepalive::action::send_ping:
      ping_end_ = unlimited;
      confirms_more(ping_acknowledged_, unacknowledged, unlimited);
      return verdict::send_ping;
    case keepalive::action::give_up: break;
  }
  if (!confirms_more(ping_acknowledged_, unacknowledged, ping_end_)) return verdict::silent;
  keepalive_.progressed(now);
  return poll(now, congested, unacknowledged);
}

// The kernel may hold so much before a ping that this takes long to leave, and a socket long to
// have room. As long as the peer's system confirms more of it, the link works. Not beyond `limit`,
// the end of the ping: what it confirms behind that does not say that the peer, which has not
// answered, still reads.
bool liveness::confirms_more(std::uint64_t& acknowledged, std::optional<std::size_t> unacknowledged,
                             std::uint64_t limit) const noexcept {
  if (!unacknowledged) return false;
  const std::uint64_t now = sent_ - std::min<std::uint64_t>(*unacknowledged, sent_);
  const std::uint64_t before = std::exchange(acknowledged, now);
  return before < limit && before < now;
}

}  // namespace wsx::protocol
