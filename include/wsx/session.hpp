#pragma once

#include <wsx/config.hpp>

#include <wsx/close_code.hpp>
#include <wsx/connection_info.hpp>
#include <wsx/export.hpp>
#include <wsx/frame.hpp>
#include <wsx/protocol/close_payload.hpp>
#include <wsx/protocol/outgoing_frame.hpp>
#include <wsx/stats.hpp>

#include <asio/any_io_executor.hpp>

#include <chrono>
#include <memory>
#include <string_view>
#include <system_error>

namespace wsx {

class any_handler;
class timer;

namespace detail {
class callback_context;
class engine;
class mail;
class offload;
}  // namespace detail

/// The client as a callback sees it, with the connection that the callback was called for. Use it
/// only on the client's strand, where callbacks run. It lives as long as the client.
class session {
 public:
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// Sends a frame: `text`, `binary`, `message`, `ping`, `pong`, `fragment`, or a string, as text.
  /// The frame is encoded at once, after those sent before it, and the payload is no longer needed
  /// when this returns. All frames of a callback are written together after it has returned.
  ///
  /// Errors, with nothing sent: `errc::not_connected`, `errc::closing`, `errc::queue_full`
  /// (`max_reply_bytes` of replies or more are not yet sent), `errc::control_payload_too_long`,
  /// `errc::invalid_text`, `errc::fragment_out_of_order`.
  template <class Frame>
  std::error_code send(const Frame& frame) {
    return send_frame(protocol::as_outgoing(frame));
  }

  /// Begins the closing handshake, as the action `close` does. Without a connection it ends the
  /// client, as `basic_client::close` does.
  ///
  /// Errors, with nothing sent: `errc::closing`, `errc::invalid_close_code`,
  /// `errc::control_payload_too_long` (a reason over 123 bytes), `errc::invalid_text`.
  WSX_API std::error_code close();
  WSX_API std::error_code close(close_code code, std::string_view reason = {});

  /// Posts `message` to the handler's `handle_info`, which is called after this callback. `self` is
  /// the handler: `*this` within one of its members. Returns false if the mailbox is full.
  template <class Handler, class Message>
  bool post(Handler& self, Message message);

  /// Posts `message` after a delay. The timer can be canceled; it ends with the client.
  template <class Handler, class Message>
  timer post_after(Handler& self, std::chrono::steady_clock::duration delay, Message message);

  /// Returns the open connection, or else the last one.
  WSX_API const connection_info& connection() const noexcept;

  /// Returns the counters.
  WSX_API wsx::stats stats() const noexcept;

  using executor_type = asio::any_io_executor;

  /// Returns the client's strand.
  WSX_API executor_type get_executor() const noexcept;

 private:
  friend class detail::callback_context;
  friend class detail::offload;
  explicit session(detail::engine& engine) noexcept : engine_(engine) {}

  WSX_API std::error_code send_frame(const protocol::outgoing_frame& frame);
  WSX_API std::error_code begin_close(protocol::close_payload how);
  // Null unless the handler can be replaced.
  WSX_API any_handler* replaceable() const noexcept;
  WSX_API bool post_mail(std::unique_ptr<detail::mail> message);
  WSX_API timer post_mail_after(std::chrono::steady_clock::duration delay,
                                std::unique_ptr<detail::mail> message);

  detail::engine& engine_;
};

}  // namespace wsx
