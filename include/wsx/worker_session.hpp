#pragma once

#include <wsx/config.hpp>

#include <wsx/action.hpp>
#include <wsx/close_code.hpp>
#include <wsx/connection_info.hpp>
#include <wsx/detail/mail.hpp>
#include <wsx/detail/messages.hpp>
#include <wsx/export.hpp>

#include <cstdint>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace wsx {

namespace detail {
class offload;
class offload_job;
}  // namespace detail

/// The client as a worker of an offloaded handler sees it, with the connection that its message
/// came from. It replaces `session` in `handle_frame`, which runs outside of the strand.
///
/// Use it only until `handle_frame` has returned or, if that is a coroutine, has finished. Calls
/// must not overlap. What it does reaches the client's strand in the order of the calls, together
/// with the action that `handle_frame` returns, and with those of earlier messages of the key.
class worker_session {
 public:
  worker_session(const worker_session&) = delete;
  worker_session& operator=(const worker_session&) = delete;

  /// Sends a frame: `text`, `binary`, `message`, `ping`, `pong`, `fragment`, or a string, as text.
  /// The payload is copied. Never waits. The strand sends the frame as it does a reply, on the
  /// message's connection only: if another is open by then, the frame is dropped and counted. A
  /// frame that RFC 6455 forbids fails the connection, as the action `reply` does.
  ///
  /// Errors, with nothing sent: `errc::not_connected` (the message's connection has ended),
  /// `errc::queue_full` (`offload_options::max_bytes` wait for the strand).
  template <class Frame>
  std::error_code send(const Frame& frame) {
    return add(reply(frame));
  }

  /// Closes the message's connection, as the action `close` does. Errors: those of `send`. A code
  /// or reason that may not be sent fails the connection.
  std::error_code close() { return add(wsx::close()); }
  std::error_code close(close_code code, std::string_view reason = {}) {
    return add(wsx::close(code, reason));
  }

  /// Posts `message` to the handler's `handle_info`, which runs on the strand. `self` is the
  /// handler: `*this` within one of its members. Returns false if the client has ended. If the
  /// mailbox is full, the message is dropped and counted with the replies.
  template <class Handler, class Message>
  bool post(Handler& self, Message message) {
    return post_mail(detail::make_info(self, std::move(message)));
  }

  /// Returns the connection that the message came from.
  WSX_API const connection_info& connection() const noexcept;

  /// Returns whether that connection is still open, or one that has replaced it in order: see
  /// `options::max_connection_age`.
  WSX_API bool is_current() const noexcept;

 private:
  friend class detail::offload_job;
  worker_session(detail::offload& owner, detail::offload_job& job) noexcept
      : owner_(owner), job_(job) {}

  WSX_API std::error_code add(action&& step);
  WSX_API bool post_mail(std::unique_ptr<detail::mail> message);

  detail::offload& owner_;
  detail::offload_job& job_;
};

}  // namespace wsx
