#pragma once

#include <wsx/close_code.hpp>
#include <wsx/detail/as_outgoing.hpp>
#include <wsx/export.hpp>
#include <wsx/memory/pooled_bytes.hpp>
#include <wsx/protocol/outgoing_frame.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace wsx {

namespace detail {
class action_steps;
}

/// What a callback wants done: nothing, or steps that are taken in order, each made by `reply` or
/// `close`. It owns all that they need, and can be kept and returned again.
///
///     return wsx::reply(first).reply(second).close();
///
/// A frame that RFC 6455 forbids, or a close that it forbids, counts as a failure of the callback;
/// the steps before it are taken. Those behind a close are not, nor is any once the connection is
/// closing.
class [[nodiscard]] action {
 public:
  /// As `ok()`.
  action() = default;
  explicit action(const protocol::outgoing_frame& frame) : first_(frame), bytes_(frame.payload) {}

  action(const action&) = default;
  action& operator=(const action&) = default;
  action(action&& other) noexcept
      : first_(std::exchange(other.first_, std::nullopt)), bytes_(std::move(other.bytes_)) {}
  action& operator=(action&& other) noexcept {
    first_ = std::exchange(other.first_, std::nullopt);
    bytes_ = std::move(other.bytes_);
    return *this;
  }
  ~action() = default;

  /// Then sends a frame, as the function `reply` does.
  template <class Frame>
  action& reply(const Frame& frame) & {
    add(detail::as_outgoing(frame));
    return *this;
  }
  template <class Frame>
  action&& reply(const Frame& frame) && {
    return std::move(reply(frame));
  }

  /// Then closes, as the function `close` does.
  WSX_API action& close() &;
  WSX_API action& close(close_code code, std::string_view reason = {}) &;
  action&& close() && { return std::move(close()); }
  action&& close(close_code code, std::string_view reason = {}) && {
    return std::move(close(code, reason));
  }

 private:
  friend class detail::action_steps;

  WSX_API void add(const protocol::outgoing_frame& frame);

  std::optional<protocol::outgoing_frame> first_{};
  // The payload of the first step; then the others, each an outgoing_frame and its payload.
  memory::pooled_bytes bytes_{};
};

/// Nothing: go on.
inline action ok() noexcept {
  return {};
}

/// Send a frame: `text`, `binary`, `message`, `ping`, `pong`, `fragment`, or a string, as text. Its
/// payload is copied at once, so it may be a view of something local. Without the copy, see
/// `session::send`.
template <class Frame>
action reply(const Frame& frame) {
  return action(detail::as_outgoing(frame));
}

/// Close with an empty Close frame: a normal end. RFC 6455 5.5.1, 7.1.5.
inline action close() {
  return action().close();
}

/// Close with a code and a reason of at most 123 bytes. A code that may not be sent, or a longer
/// reason, counts as a failure of the callback.
inline action close(close_code code, std::string_view reason = {}) {
  return action().close(code, reason);
}

}  // namespace wsx
