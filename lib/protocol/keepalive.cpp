#include <wsx/protocol/keepalive.hpp>

#include <algorithm>

namespace wsx::protocol {

keepalive::action keepalive::poll(clock::time_point now, const timing& t) noexcept {
  if (t.interval == clock::duration::zero() || now < next_) return action::wait;
  if (waiting_ && !heard_) {
    next_ = alive_ + t.timeout;
    return now >= next_ ? action::give_up : action::wait;
  }
  if (waiting_) {
    waiting_ = false;
    next_ = pinged_ + t.interval;
    if (now < next_) return action::wait;
  }
  for (auto& byte : payload_) {  // counts up, with carry
    byte = static_cast<std::byte>(std::to_integer<unsigned>(byte) + 1);
    if (byte != std::byte{0}) break;
  }
  pinged_ = alive_ = now;
  next_ = now + std::min(t.interval, t.timeout);
  waiting_ = true;
  heard_ = answered_ = false;
  return action::send_ping;
}

std::optional<keepalive::clock::duration> keepalive::pong(bytes_view payload,
                                                          clock::time_point now) noexcept {
  if (answered_ || !std::ranges::equal(payload, payload_)) return std::nullopt;
  answered_ = true;
  return now - pinged_;
}

}  // namespace wsx::protocol
