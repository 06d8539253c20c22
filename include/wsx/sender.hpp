#pragma once

#include <wsx/config.hpp>

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

// If the frame fits in the queue, it is queued at once and no state is kept.
struct initiate_send : initiation<engine_ref> {
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

/// A lock-free queue to the client for one thread. Each client has a built-in sender; every other
/// thread that sends makes its own with `basic_client::make_sender`.
///
/// A sender may be used by any thread, but only by one at a time. It may outlive its client, after
/// which sending fails, but not the client's execution context. Frames that it has queued are sent
/// even if the sender is destroyed.
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

  /// Queues a frame if that is possible at once, and returns whether it was. A frame is a `text`,
  /// `binary`, `message`, `ping`, `pong`, `fragment`, or a string, sent as text. The payload is
  /// copied. Never waits. Takes no lock, except to wake a client that is idle. Allocates only for
  /// the first frame, for the queue.
  ///
  /// Errors: `errc::queue_full` (also while a `send` of this sender waits), `errc::not_connected`,
  /// `errc::closing`, `errc::message_over_queue` (use `send`), and for a malformed frame
  /// `errc::control_payload_too_long`, `errc::invalid_text`, `errc::fragment_out_of_order`.
  ///
  /// Throws `std::bad_alloc` if there is no memory for the queue, and `std::system_error` if the
  /// system has no random numbers for masking. Nothing is queued then.
  template <class Frame>
  bool try_send(const Frame& frame, std::error_code& error) {
    const auto refused = engine_.try_send(*channel(), protocol::as_outgoing(frame));
    error = refused;
    return refused == errc{};
  }

  template <class Frame>
  bool try_send(const Frame& frame) {
    return engine_.try_send(*channel(), protocol::as_outgoing(frame)) == errc{};
  }

  /// Sends a frame, and waits while the queue is full. Completes when the frame has been queued. A
  /// frame that had to wait, or is larger than the queue, completes when all of it has been
  /// written. Only one `send` can wait at a time: others fail with `errc::queue_full` meanwhile.
  ///
  /// The payload is copied only into the queue, and must live until completion. Await this in the
  /// expression that calls it, where temporaries live long enough:
  ///
  ///     co_await client.send(wsx::text{make_payload()});
  ///
  /// An awaitable that is stored for later would refer to a payload that no longer exists. In that
  /// case pass a completion token, such as `asio::use_awaitable`.
  ///
  /// Throws `system_error` with the errors of `try_send`. If the client ends first, the error is
  /// `errc::connection_dropped`, or `errc::aborted` after `abort`. A wait continues across a
  /// reconnect. It ends with `errc::connection_dropped` if `drop_unsent_on_disconnect` is set, or
  /// if the frame continues a message that was begun on the broken connection. Cancellation
  /// withdraws a frame that waits, unless part of it has been written.
  template <class Frame>
  asio::awaitable<void> send(const Frame& frame) {
    return detail::co_send(engine_, channel(), protocol::as_outgoing(frame));
  }

  /// Sends with any completion token for `void(std::error_code)`. The payload need not outlive the
  /// call. It is copied if the frame has to wait, or if the token may start the operation later, as
  /// tokens do that are not completion handlers themselves.
  template <class Frame, class Token>
  auto send(const Frame& frame, Token&& token) {
    constexpr bool at_once = detail::completion_handler<std::remove_cvref_t<Token>>;
    return asio::async_initiate<Token, void(std::error_code)>(
        detail::initiate_send(engine_), token,
        detail::send_operation(channel(), protocol::as_outgoing(frame), at_once));
  }

  using executor_type = asio::any_io_executor;

  /// Returns the client's strand.
  executor_type get_executor() const noexcept { return engine_.executor(); }

 private:
  friend class client_base;

  explicit sender(detail::engine_ref engine) noexcept : engine_(std::move(engine)) {}

  const std::shared_ptr<detail::send_channel>& channel() {
    if (!channel_) channel_ = engine_.make_channel();
    return channel_;
  }

  detail::engine_ref engine_;
  std::shared_ptr<detail::send_channel> channel_{};  // from the first frame on
};

}  // namespace wsx
