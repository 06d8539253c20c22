#pragma once

#include <wsx/config.hpp>

#include <wsx/detail/abi.hpp>
#include <wsx/detail/engine_ref.hpp>
#include <wsx/detail/executor_of.hpp>
#include <wsx/detail/handler_holder.hpp>
#include <wsx/detail/handler_model.hpp>
#include <wsx/detail/messages.hpp>
#include <wsx/detail/operation.hpp>
#include <wsx/options.hpp>
#include <wsx/request.hpp>
#include <wsx/sender.hpp>
#include <wsx/stats.hpp>
#include <wsx/timer.hpp>
#include <wsx/transport/any.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace wsx {

/// A signal of the operating system, passed to `handle_info`. See `basic_client::watch_signal`.
struct signal {
  int number = 0;
};

/// Tells `handle_info` that another client has ended. See `basic_client::monitor`.
struct down {
  std::uint64_t monitor = 0;  ///< what `monitor` returned
  std::error_code error{};    ///< what its `join` would throw; clear after a normal end
  close_reason reason{};
};

namespace detail {
WSX_API asio::awaitable<void> co_connect(engine_ref e, request target);
WSX_API asio::awaitable<void> co_close(engine_ref e, protocol::close_payload how);
WSX_API asio::awaitable<void> co_flush(engine_ref e);
WSX_API asio::awaitable<close_reason> co_join(engine_ref e);
}  // namespace detail

/// A WebSocket client that calls members of `Handler`. docs/handler.md describes the callbacks.
///
/// Lifetime: the client owns its handler, unless that is a `std::reference_wrapper`. The destructor
/// drops the connection at once and waits for nothing. After it no callback begins and `terminate`
/// is not called; waiting operations complete with `errc::aborted`. If another thread runs the
/// client's strand at that moment, a callback that is about to begin still does. For an orderly
/// end, `co_await close()` first. A callback may destroy its client. The execution context must
/// outlive the client.
///
/// The handler is destroyed on the strand once the client has ended and the client object is
/// destroyed, even if senders still exist. If the client has already ended, its destructor destroys
/// the handler at once, on any thread. If the strand no longer runs, the destructor of the
/// execution context does.
///
/// Threads: callbacks run one at a time, on the client's strand. Most members may be called from
/// any thread. `handler` and `connection` may be called on the strand only, `try_send` and `send`
/// by one thread at a time. Nothing else of the client may overlap with `detach`, a move or the
/// destructor.
///
/// Asynchronous operations accept any completion token. Without one they return an `awaitable` that
/// throws `wsx::system_error`, which has more details than an error code. Several operations may
/// wait at a time, also of the same kind, except for `connect` and `send`. Cancellation (terminal,
/// partial or total) completes the operation with `asio::error::operation_aborted`. Only that of
/// `connect` affects the connection.
///
/// A completion handler is called on its associated executor, by default the strand, and never
/// within the call that starts the operation. The exception is a `send` that is queued or refused
/// at once, and a `close` with a code or reason that may not be sent. These call their handler on
/// the associated immediate executor, if there is one (Asio 1.28 or newer). The associated
/// allocator supplies the memory for waiting, for reaching the strand and for calling the handler.
/// It is used on the thread that starts the operation, on the strand, and on the handler's
/// executor. The client allocates other state of an operation (a request, a close reason) itself.
///
///     wsx::client<printer> client{co_await asio::this_coro::executor};
///     co_await client.connect("wss://example.com/feed");
template <class Handler, transport Transport = any_transport>
class basic_client {
 public:
  using executor_type = asio::any_io_executor;
  /// `Handler`, or the type that it refers to if it is a `std::reference_wrapper`.
  using handler_type = typename detail::handler_holder<Handler>::type;

  /// Makes a client that is not connected. `where` is an executor or an execution context such as
  /// `asio::io_context`. Unless it is an `asio::strand<asio::any_io_executor>`, the client makes a
  /// strand on it.
  ///
  /// The handler is default-constructed, moved from `handler`, or constructed in place from the
  /// arguments after `std::in_place`, which need not leave it movable. With `std::ref(handler)` and
  /// a client of `std::reference_wrapper<H>` the client refers to it. It must then live until
  /// `join` completes, even if the client is destroyed before: a waiting callback is interrupted
  /// and runs to its end.
  ///
  ///     wsx::client<feed> a(context);
  ///     wsx::client<feed> b(executor, options, std::in_place, "BTC-USD");
  ///     wsx::client<std::reference_wrapper<feed>> c(executor, std::ref(mine));
  ///
  /// No default arguments: GCC 12 destroys theirs twice when a `co_await` is among the others.
  explicit basic_client(detail::executor_of where)
      : basic_client(std::move(where), wsx::options(), std::in_place) {}
  basic_client(detail::executor_of where, Handler handler)
      : basic_client(std::move(where), wsx::options(), std::in_place, std::move(handler)) {}
  template <class Other>
  requires(!std::same_as<Handler, std::reference_wrapper<Other>>)
      basic_client(detail::executor_of, std::reference_wrapper<Other>)
  = delete;  // the client would copy the handler
  basic_client(detail::executor_of where, Handler handler, wsx::options options)
      : basic_client(std::move(where), std::move(options), std::in_place, std::move(handler)) {}
  template <std::same_as<std::in_place_t> InPlace, class... Args>
  basic_client(detail::executor_of where, InPlace, Args&&... args)
      : basic_client(std::move(where), wsx::options(), std::in_place, std::forward<Args>(args)...) {
  }
  template <std::same_as<std::in_place_t> InPlace, class... Args>
  basic_client(detail::executor_of where, wsx::options options, InPlace, Args&&... args)
      : basic_client(std::make_unique<detail::handler_model<Handler>>(std::in_place,
                                                                      std::forward<Args>(args)...),
                     std::move(where).take(), std::move(options)) {}

  ~basic_client() {
    if (!engine_) return;  // moved from
    if (detached_) {
      engine_.disown();
    } else {
      engine_.kill();
    }
  }

  /// A client can be moved at any time: operations go on, and the handler stays in place. A client
  /// that was moved from can only be destroyed or assigned to. Assignment ends the target as its
  /// destructor would.
  basic_client(basic_client&&) noexcept = default;
  basic_client& operator=(basic_client&& other) noexcept {
    const basic_client old(std::move(*this));
    handler_ = other.handler_;
    engine_ = std::move(other.engine_);
    sender_ = std::move(other.sender_);
    detached_ = other.detached_;
    return *this;
  }

  /// Connects: resolves the host, then TCP and TLS (within `connect_timeout`), then the opening
  /// handshake (RFC 6455 4.1, within `handshake_timeout`). Completes when `init` and
  /// `handle_connect` are done, or the attempt has failed, after which the client may connect
  /// again. If one of the two throws, this fails with `errc::handler_failed`, and the client has
  /// ended. With `handle_first_failure` the handler decides about retries: this completes when one
  /// succeeds or the handler stops.
  ///
  /// Errors: `errc::already_started`; those of the request and the options; the system's;
  /// `errc::aborted` if the client is closed, aborted or destroyed; those in
  /// `condition::handshake_failed`, `condition::tls_failed` and `condition::timeout`. Except for
  /// `errc::already_started`, `errc::aborted` and a cancellation, each is `condition::permanent` or
  /// `condition::transient`. `system_error::diagnostics` has details. Cancellation ends the
  /// attempt, and the client may connect again; during `init` it ends the client.
  asio::awaitable<void> connect(request target) {
    return detail::co_connect(engine_, std::move(target));
  }

  /// Connects, with any completion token for `void(std::error_code)`.
  template <class Token>
  auto connect(request target, Token&& token) {
    return start_connect(std::move(target), nullptr, std::forward<Token>(token));
  }

  /// Also sets `details` on failure, which must live until completion.
  template <class Token>
  auto connect(request target, diagnostics& details, Token&& token) {
    return start_connect(std::move(target), &details, std::forward<Token>(token));
  }

  /// See `sender::try_send`.
  template <class Frame>
  bool try_send(const Frame& frame) {
    return sender_.try_send(frame);
  }
  template <class Frame>
  bool try_send(const Frame& frame, std::error_code& error) {
    return sender_.try_send(frame, error);
  }

  /// See `sender::send`.
  template <class Frame>
  asio::awaitable<void> send(const Frame& frame) {
    return sender_.send(frame);
  }
  template <class Frame, class Token>
  auto send(const Frame& frame, Token&& token) {
    return sender_.send(frame, std::forward<Token>(token));
  }

  /// Makes a sender for another thread, with its own queue of `send_queue_size` bytes.
  sender make_sender() { return sender(engine_); }

  /// Waits until everything queued so far, by any sender or callback, has been handed to the
  /// transport. A wait continues across a reconnect. Errors: `errc::not_connected`;
  /// `errc::connection_dropped` if the client ends first or drops what is unsent, which are replies
  /// when their connection breaks, and everything if `drop_unsent_on_disconnect` is set.
  asio::awaitable<void> flush() { return detail::co_flush(engine_); }
  template <class Token>
  auto flush(Token&& token) {
    return detail::start_operation<std::error_code>(
        engine_, std::forward<Token>(token),
        [](const detail::engine_ref& e, detail::ticket t,
           detail::completion<std::error_code> done) { e.flush(t, std::move(done)); });
  }

  /// Passes `message` to `handle_cast`, and returns whether it was queued. Messages are delivered
  /// in order while connected. Without a connection they wait, unless their type has `static
  /// constexpr bool wsx_any_phase = true`. A type that the handler does not accept is a compile
  /// error. Messages that are not delivered when the client ends are destroyed.
  ///
  /// Errors: `errc::not_connected` (the client has ended), `errc::mailbox_full`.
  template <class Message>
  bool cast(Message message) {
    std::error_code ignored;
    return cast(std::move(message), ignored);
  }
  template <class Message>
  bool cast(Message message, std::error_code& error) {
    error = engine_.post(detail::make_cast(handler(), std::move(message)));
    return !error;
  }

  /// Passes `message` to `handle_info`, as `cast` does for `handle_cast`. A type that the handler
  /// does not accept is logged.
  template <class Message>
  bool post(Message message) {
    std::error_code ignored;
    return post(std::move(message), ignored);
  }
  template <class Message>
  bool post(Message message, std::error_code& error) {
    error = engine_.post(detail::make_info(handler(), std::move(message)));
    return !error;
  }

  /// Posts `message` after a delay, unless the timer is canceled or the client ends first. It is
  /// delivered even if the mailbox is full, and with or without a connection.
  template <class Message>
  timer post_after(std::chrono::steady_clock::duration delay, Message message) {
    return engine_.post_after(delay, detail::make_info(handler(), std::move(message)));
  }

  /// Posts a `signal` to `handle_info` whenever the process receives that signal. Its default
  /// effect is off while the client lives. Throws `std::system_error` if the system refuses.
  void watch_signal(int number) {
    engine_.watch_signal(number,
                         [h = &handler()](int n) { return detail::make_info(*h, signal{n}); });
  }

  /// Posts a `down` to `handle_info` once `other` has ended, or at once if it has. `other` may be
  /// destroyed, which ends it. Returns a number that identifies this monitor.
  template <class OtherHandler, transport OtherTransport>
  std::uint64_t monitor(const basic_client<OtherHandler, OtherTransport>& other) {
    const auto number = engine_.next_ticket();
    other.engine_.join(other.engine_.next_ticket(),
                       {detail::down_notice<handler_type, down>{engine_.get(), &handler(), number},
                        other.engine_.serial()});
    return number;
  }

  /// Closes the connection and ends the client. Everything queued is sent, then Close (RFC 6455
  /// 7.1.2). The server then has `close_timeout` to answer and to end the connection.
  /// `handle_disconnect` is called, but can't reconnect (after the action `close` it can). A
  /// callback that is a coroutine is interrupted, and not waited for longer than `close_timeout`.
  /// Completes when the client has ended and `terminate` has returned. In a callback of this
  /// client, awaiting it fails with `errc::would_deadlock`; return `wsx::close()` instead.
  ///
  /// Completes with `close_reason::error`, as `join` does: `errc::close_timeout` if the server had
  /// to be cut off, `errc::aborted` if the client was aborted or destroyed, or an earlier failure.
  /// The codes of the Close frames, which `join` checks, don't matter here.
  ///
  /// If a closing handshake has begun, this waits for its end, and the code given here is not sent.
  /// While the client connects or pauses, it ends in order without Close. Before `connect`, which
  /// can still be called, and after the end, this completes at once without an error.
  ///
  /// Errors, with nothing sent: `errc::invalid_close_code`, `errc::control_payload_too_long` (a
  /// reason over 123 bytes), `errc::invalid_text`.
  asio::awaitable<void> close() { return detail::co_close(engine_, {}); }
  asio::awaitable<void> close(close_code code, std::string_view reason = {}) {
    return detail::co_close(engine_, {code, std::string(reason)});
  }
  void close(std::integral auto code, const auto&...) = delete;  // write wsx::close_code{4000}
  template <class Token>
  requires(!std::same_as<std::remove_cvref_t<Token>, close_code> &&
           !std::integral<std::remove_cvref_t<Token>>) auto close(Token&& token) {
    return start_close({}, std::forward<Token>(token));
  }
  template <class Token>
  auto close(close_code code, std::string_view reason, Token&& token) {
    return start_close({code, std::string(reason)}, std::forward<Token>(token));
  }

  /// Drops the connection and ends the client without a Close frame. `terminate` is called,
  /// `handle_disconnect` is not. Returns at once; `join` completes when the client has ended.
  void abort() { engine_.abort(); }

  /// Waits until the client has ended and `terminate` has returned, even if `connect` has not been
  /// called yet. Returns the reason of a normal end (no code, or 1000). Throws a `system_error`
  /// with the reason of any other end, also after `close(code)` with another code.
  ///
  /// `client.join() || timer.async_wait(...)` of `awaitable_operators` waits for the first
  /// *success*: if `join` throws, it waits for the timer. To wait for whichever is first, pass both
  /// the token `as_tuple(use_awaitable)` (before Asio 1.24 in `asio::experimental`).
  asio::awaitable<close_reason> join() { return detail::co_join(engine_); }

  /// Waits with any completion token for `void(std::error_code, close_reason)`.
  template <class Token>
  auto join(Token&& token) {
    return detail::start_ending<close_reason>(
        engine_, std::forward<Token>(token),
        [](const detail::engine_ref& e, detail::ticket t,
           detail::completion<std::error_code, close_reason> done) { e.join(t, std::move(done)); });
  }

  /// Lets the client run until it ends: the destructor no longer ends it. The handler lives until
  /// then.
  void detach() noexcept { detached_ = true; }

  /// Returns the counters, which are read one after the other.
  wsx::stats stats() const noexcept { return engine_.stats(); }

  /// Returns whether a connection is open now.
  bool is_open() const noexcept { return engine_.is_open(); }

  /// Returns the open connection, or else the last one; default values before `connect`. For the
  /// client's strand, or a context that a single thread runs, such as after `co_await
  /// client.connect(...)`. The reference is valid as long as the client; its object changes when
  /// another connection opens.
  const connection_info& connection() const noexcept { return engine_.connection(); }

  /// Returns the handler. For the client's strand only.
  handler_type& handler() noexcept { return *handler_; }

  /// Returns the client's strand.
  executor_type get_executor() const noexcept { return engine_.executor(); }

 private:
  template <class, transport>
  friend class basic_client;
  friend struct detail::client_access;

  template <class Token>
  auto start_connect(request target, diagnostics* details, Token&& token) {
    return detail::start_operation<std::error_code>(
        engine_, std::forward<Token>(token),
        [r = std::move(target), details](const detail::engine_ref& e, detail::ticket t,
                                         detail::completion<std::error_code> done) mutable {
          e.connect(t, std::move(r), details, std::move(done));
        });
  }

  template <class Token>
  auto start_close(protocol::close_payload how, Token&& token) {
    return detail::start_ending<>(
        engine_, std::forward<Token>(token),
        [h = std::move(how)](const detail::engine_ref& e, detail::ticket t,
                             detail::completion<std::error_code> done) mutable {
          e.close(t, std::move(h), std::move(done));
        });
  }

  basic_client(std::unique_ptr<detail::handler_model<Handler>> model,
               asio::any_io_executor executor, wsx::options options)
      : handler_(&model->handler()),
        engine_(std::move(executor), std::move(options), &detail::make_stream<Transport>,
                std::move(model)),
        sender_(engine_) {
    abi::require_same();
  }

  handler_type* handler_;
  detail::engine_ref engine_;
  sender sender_;
  bool detached_ = false;
};

/// A client for `ws` and `wss` URLs alike.
template <class Handler>
using client = basic_client<Handler, any_transport>;

/// A client for `ws` only.
template <class Handler>
using tcp_client = basic_client<Handler, tcp_transport>;

/// A client for `wss` only.
template <class Handler>
using tls_client = basic_client<Handler, tls_transport>;

}  // namespace wsx
