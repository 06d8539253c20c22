#pragma once

#include <wsx/close_code.hpp>
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

/// What a callback asks for: nothing, or steps made by `reply` and `close`, taken in order. An
/// action owns everything that its steps need. It can be kept and returned again.
///
///     return wsx::reply(first).reply(second).close();
///
/// A frame or a close that RFC 6455 forbids counts as a failure of the callback; the steps before
/// it are taken. Steps after a close are not taken, nor are any once the connection is closing.
class [[nodiscard]] action {
 public:
  /// The same as `ok()`.
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

  /// Adds a frame to send, as the function `reply` does.
  template <class Frame>
  action& reply(const Frame& frame) & {
    add(protocol::as_outgoing(frame));
    return *this;
  }
  template <class Frame>
  action&& reply(const Frame& frame) && {
    return std::move(reply(frame));
  }

  /// Adds a close, as the function `close` does.
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
  // The payload of the first step, then the other steps: an outgoing_frame and its payload each.
  memory::pooled_bytes bytes_{};
};

/// Does nothing; the connection goes on.
inline action ok() noexcept {
  return {};
}

/// Sends a frame: `text`, `binary`, `message`, `ping`, `pong`, `fragment`, or a string, as text.
/// The payload is copied at once, so it may be a view of a local object. `session::send` sends
/// without that copy.
template <class Frame>
action reply(const Frame& frame) {
  return action(protocol::as_outgoing(frame));
}

/// Closes with an empty Close frame: a normal end. RFC 6455 5.5.1, 7.1.5.
inline action close() {
  return action().close();
}

/// Closes with a code and a reason of at most 123 bytes. A code that may not be sent, or a longer
/// reason, counts as a failure of the callback.
inline action close(close_code code, std::string_view reason = {}) {
  return action().close(code, reason);
}

}  // namespace wsx
