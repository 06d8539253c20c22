#pragma once

#include <wsx/close_code.hpp>
#include <wsx/detail/as_outgoing.hpp>
#include <wsx/protocol/outgoing.hpp>
#include <wsx/protocol/recycled_bytes.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace wsx {

namespace detail {

// A frame that owns its payload.
struct owned_frame {
  template <class Frame>
  explicit owned_frame(const Frame& frame) : frame_(as_outgoing(frame)), bytes_(frame_.payload) {}

  protocol::outgoing_frame get() const noexcept {
    auto frame = frame_;
    frame.payload = bytes_.view();
    return frame;
  }

 private:
  protocol::outgoing_frame frame_;
  protocol::recycled_bytes bytes_;
};

struct close_request {
  std::optional<close_code> code{};
  std::string reason{};
};

}  // namespace detail

/// What a callback wants done: made by `ok`, `reply` and `close`.
class [[nodiscard]] action {
 public:
  /// As `ok()`.
  action() = default;

  explicit action(detail::owned_frame frame) : what_(std::move(frame)) {}
  explicit action(detail::close_request close) : what_(std::move(close)) {}

  const detail::owned_frame* frame() const noexcept {
    return std::get_if<detail::owned_frame>(&what_);
  }
  const detail::close_request* close() const noexcept {
    return std::get_if<detail::close_request>(&what_);
  }

 private:
  std::variant<std::monostate, detail::owned_frame, detail::close_request> what_{};
};

/// Nothing: go on.
inline action ok() noexcept {
  return {};
}

/// Send a frame: `text`, `binary`, `message`, `ping`, `pong`, `fragment`, or a string, as text. Its
/// payload is copied at once, so
/// it may be a view of something local. To send several, or without the copy, see `session::send`.
/// A frame that RFC 6455 forbids counts as a failure of the callback.
template <class Frame>
action reply(const Frame& frame) {
  return action(detail::owned_frame(frame));
}

/// Close with an empty Close frame: a normal end. RFC 6455 5.5.1, 7.1.5.
inline action close() {
  return action(detail::close_request{});
}

/// Close with a code and a reason of at most 123 bytes. A code that may not be sent, or a longer
/// reason, counts as a failure of the callback.
inline action close(close_code code, std::string_view reason = {}) {
  return action(detail::close_request{code, std::string(reason)});
}

}  // namespace wsx
