#pragma once

#include <wsx/close_reason.hpp>
#include <wsx/connection_info.hpp>
#include <wsx/request.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

namespace wsx {

/// The argument of `handle_disconnect`.
struct disconnect {
  const close_reason& reason;

  /// 1 when an open connection ended or the first attempt failed, then one more for each reconnect
  /// that failed in a row.
  std::size_t attempt = 1;

  /// The last open connection; default values if there was none.
  const connection_info& connection;

  /// How long that connection was open; zero after a failed attempt.
  std::chrono::steady_clock::duration uptime{};

  /// Returns whether this side closed: a callback returned `close()` or called `session::close`, or
  /// the program called `basic_client::close`, after which the client can't reconnect.
  bool local() const noexcept { return reason.origin == close_origin::local; }
};

/// The result of `handle_disconnect`, made by `stop`, `reconnect`, `reconnect_after` or
/// `reconnect_to`.
class disconnect_decision {
 public:
  bool reconnects() const noexcept { return reconnects_; }
  std::chrono::steady_clock::duration delay() const noexcept { return delay_; }
  std::optional<request>& target() noexcept { return target_; }
  const std::optional<request>& target() const noexcept { return target_; }

  /// Returns the same decision, carried out `delay` later.
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

/// Ends the client: `terminate` is called and `join` completes.
inline disconnect_decision stop() noexcept {
  return {};
}

/// Connects again at once, with the same request.
inline disconnect_decision reconnect() noexcept {
  disconnect_decision decision;
  decision.reconnects_ = true;
  return decision;
}

/// Connects again after `delay`. `backoff` computes delays that grow.
inline disconnect_decision reconnect_after(std::chrono::steady_clock::duration delay) noexcept {
  return reconnect().after(delay);
}

/// Connects to another target, and so do later reconnects. A URL or header that can't be used makes
/// that attempt fail, and the handler is asked again.
inline disconnect_decision reconnect_to(request target) {
  disconnect_decision decision = reconnect();
  decision.target_ = std::move(target);
  return decision;
}

}  // namespace wsx
