#pragma once

#include <wsx/close_reason.hpp>
#include <wsx/connection_info.hpp>
#include <wsx/request.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

namespace wsx {

/// What `handle_disconnect` is told.
struct disconnect {
  const close_reason& reason;

  /// 1 when an open connection ended (or the first attempt failed), then one more for every
  /// reconnect that failed in a row.
  std::size_t attempt = 1;

  /// Of the last open connection; default values if there was none.
  const connection_info& connection;

  /// How long that connection was open; zero after a failed attempt.
  std::chrono::steady_clock::duration uptime{};

  /// Whether this side closed: a callback returned `close()` or called `session::close`, or the
  /// client was asked to `close`, after which it can't reconnect.
  bool local() const noexcept { return reason.origin == close_origin::local; }
};

/// What `handle_disconnect` answers: made by `stop`, `reconnect`, `reconnect_after`,
/// `reconnect_to`.
class disconnect_decision {
 public:
  bool reconnects() const noexcept { return reconnects_; }
  std::chrono::steady_clock::duration delay() const noexcept { return delay_; }
  std::optional<request>& target() noexcept { return target_; }
  const std::optional<request>& target() const noexcept { return target_; }

  /// The same decision, carried out `delay` later.
  disconnect_decision&& after(std::chrono::steady_clock::duration delay) && noexcept {
    delay_ = delay;
    return std::move(*this);
  }

 private:
  friend disconnect_decision stop() noexcept;
  friend disconnect_decision reconnect() noexcept;
  friend disconnect_decision reconnect_to(request target);

  disconnect_decision() = default;

  bool reconnects_ = false;
  std::chrono::steady_clock::duration delay_{};
  std::optional<request> target_{};
};

/// The client ends: `terminate` is called and `join` completes.
inline disconnect_decision stop() noexcept {
  return {};
}

/// Connect again at once, with the same request.
inline disconnect_decision reconnect() noexcept {
  disconnect_decision decision;
  decision.reconnects_ = true;
  return decision;
}

/// Connect again after `delay`. For growing delays see `backoff`.
inline disconnect_decision reconnect_after(std::chrono::steady_clock::duration delay) noexcept {
  return reconnect().after(delay);
}

/// Connect somewhere else; later reconnects go there too. A URL or header that can't be used makes
/// that attempt fail, and the handler is asked again.
inline disconnect_decision reconnect_to(request target) {
  disconnect_decision decision = reconnect();
  decision.target_ = std::move(target);
  return decision;
}

}  // namespace wsx
