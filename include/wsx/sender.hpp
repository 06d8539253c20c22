#pragma once

#include <wsx/config.hpp>

#include <wsx/detail/as_outgoing.hpp>
#include <wsx/detail/engine_ref.hpp>
#include <wsx/detail/operation.hpp>
#include <wsx/detail/send_operation.hpp>
#include <wsx/export.hpp>
#include <wsx/protocol/outgoing_frame.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>

#include <memory>
#include <system_error>
#include <type_traits>
#include <utility>

namespace wsx {

namespace detail {
WSX_API asio::awaitable<void> co_send(engine_ref e, std::shared_ptr<send_channel> channel,
                                      protocol::outgoing_frame frame);

// A frame that finds room is queued here and now, and nothing has to be remembered.
struct initiate_send : initiation {
  using initiation::initiation;

  template <class Handler>
  void operator()(Handler handler, send_operation send) const {
    const auto refused = send.try_now(target());
    if (refused != errc::queue_full && refused != errc::message_over_queue)
      return complete_immediately(std::move(handler), target().serial(), make_error_code(refused));
    auto wait = [&](const engine_ref& e, ticket t, completion<std::error_code> done) {
      send.wait(e, t, std::move(done));
    };
    begin<std::error_code>(std::move(handler), wait);
  }
};
}  // namespace detail

/// One thread's way to send: a lock-free queue of its own to the client. A client has one built
/// in; every further thread that sends makes one with `basic_client::make_sender`.
///
/// A sender may be used by one thread at a time, any thread. It may outlive its client (sending
/// then fails), not the client's execution context. What it has queued is sent even if the sender
/// is gone.
class sender {
 public:
  sender(sender&&) noexcept = default;
  sender& operator=(sender&& other) noexcept {
    sender old(std::move(*this));
    engine_ = std::move(other.engine_);
    channel_ = std::move(other.channel_);
    return *this;
  }
  ~sender() {
    if (channel_) engine_.retire(std::move(channel_));
  }

  /// Queues a frame (`text`, `binary`, `message`, `ping`, `pong`, `fragment`, or a string, as text)
  /// if that is possible at once; says whether. The payload is copied. Never waits. Takes no lock,
  /// but to wake a client that has nothing to send at that moment, and allocates only at the first
  /// frame (the queue).
  ///
  /// Errors: `errc::queue_full` (also while a `send` of this sender waits), `errc::not_connected`,
  /// `errc::closing`, `errc::message_over_queue` (use `send`), and those of a
  /// malformed frame: `errc::control_payload_too_long`, `errc::invalid_text`,
  /// `errc::fragment_out_of_order`.
  ///
  /// Throws `std::bad_alloc` if there is no memory for the queue, and `std::system_error` if the
  /// system has no random numbers to mask with; nothing is queued then.
  template <class Frame>
  bool try_send(const Frame& frame, std::error_code& error) {
    const auto refused = engine_.try_send(*channel(), detail::as_outgoing(frame));
    error = refused;
    return refused == errc{};
  }

  template <class Frame>
  bool try_send(const Frame& frame) {
    return engine_.try_send(*channel(), detail::as_outgoing(frame)) == errc{};
  }

  /// Sends a frame, and waits while the queue is full. Completes when the frame has been queued
  /// or, if it had to wait or is larger than the queue, when it has been written whole. One at a
  /// time: while a `send` waits, others fail with `errc::queue_full`.
  ///
  /// The payload is never copied but into the queue, and must live until completion. So await this
  /// in the expression that calls it, where its temporaries live long enough:
  ///
  ///     co_await client.send(wsx::text{make_payload()});
  ///
  /// An awaitable that is kept for later is left with a view of what has gone: give `send` a token
  /// then, `asio::use_awaitable` for one.
  ///
  /// Throws `system_error` with the errors of `try_send`. If the client ends first, that is
  /// `errc::connection_dropped`, or `errc::aborted` after `abort`. A wait goes on over a reconnect,
  /// unless `drop_unsent_on_disconnect` is set, or the frame goes on with a message that was begun
  /// on the connection that broke: then it ends with `errc::connection_dropped`. Cancellation takes
  /// back a frame that waits, not one that has been begun.
  template <class Frame>
  asio::awaitable<void> send(const Frame& frame) {
    return detail::co_send(engine_, channel(), detail::as_outgoing(frame));
  }

  /// The same with any completion token for `void(std::error_code)`. The payload need not outlive
  /// the call: it is copied if the frame has to wait, or if the token may start the operation
  /// later, as those do that are no completion handler themselves.
  template <class Frame, class Token>
  auto send(const Frame& frame, Token&& token) {
    constexpr bool at_once = detail::completion_handler<std::remove_cvref_t<Token>>;
    return asio::async_initiate<Token, void(std::error_code)>(
        detail::initiate_send(engine_), token,
        detail::send_operation(channel(), detail::as_outgoing(frame), at_once));
  }

  using executor_type = asio::any_io_executor;

  /// The client's strand.
  executor_type get_executor() const noexcept { return engine_.executor(); }

 private:
  template <class, transport>
  friend class basic_client;

  explicit sender(detail::engine_ref engine) noexcept : engine_(std::move(engine)) {}

  const std::shared_ptr<detail::send_channel>& channel() {
    if (!channel_) channel_ = engine_.make_channel();
    return channel_;
  }

  detail::engine_ref engine_;
  std::shared_ptr<detail::send_channel> channel_{};  // from the first frame on
};

}  // namespace wsx
