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

/// A signal of the operating system, as `handle_info` gets it. See `basic_client::watch_signal`.
struct signal {
  int number = 0;
};

/// Another client has ended, as `handle_info` gets it. See `basic_client::monitor`.
struct down {
  std::uint64_t monitor = 0;  ///< what `monitor` returned
  std::error_code error{};    ///< what its `join` would have thrown; clear after a normal end
  close_reason reason{};
};

namespace detail {
WSX_API asio::awaitable<void> co_connect(engine_ref e, request target);
WSX_API asio::awaitable<void> co_close(engine_ref e, protocol::close_payload how);
WSX_API asio::awaitable<void> co_flush(engine_ref e);
WSX_API asio::awaitable<close_reason> co_join(engine_ref e);
}  // namespace detail

/// A WebSocket client that calls back into `Handler`. See docs/handler.md for the callbacks.
///
/// Lifetime: the client owns its handler, unless that is a `std::reference_wrapper`. Destroying the
/// client drops the connection at once and waits for nothing; no callback begins after that (but
/// where another thread runs the client's strand at that moment, one that is about to begin still
/// does), `terminate` is not called, and what waits completes with `errc::aborted`. To end in
/// order, `co_await close()` before. A client may be destroyed from within a callback; its
/// execution context must outlive it.
///
/// The handler is destroyed on the strand, as soon as the client has ended and its object is gone,
/// whether or not senders are left. If the client had ended before, its destructor destroys the
/// handler at once, on whatever thread; if the strand runs no more, the execution context's does.
///
/// Threads: callbacks run one at a time, on the client's strand. From any thread: everything but
/// `handler` and `connection`, which are for the strand; `try_send` and `send`, which one thread at
/// a time may call; and `detach`, moving and the destructor, which nothing else of the client may
/// overlap.
///
/// Asynchronous operations take any completion token; without one they return an `awaitable` that
/// throws `wsx::system_error`, which knows more than an error code. Several of them may wait at the
/// same time, of one kind too, but for `connect` and `send`. Canceling an operation (terminal,
/// partial or total) ends the waiting with `asio::error::operation_aborted`; but for `connect` it
/// never touches the connection.
///
/// A completion handler is called on its associated executor, by default the strand, and never
/// within the call that starts the operation. The exception is an operation that is through by
/// then: a `send` that is queued or refused, or a `close` with a code or reason that may not be
/// sent. Its handler is called on the associated immediate executor, if it has one (Asio 1.28 or
/// newer). The associated allocator has the memory to wait, to ask the strand and to be called, and
/// is used on the thread that starts the operation, on the strand, and where the handler is called;
/// what else the client remembers of an operation (a request, a close reason) is its own.
///
///     wsx::client<printer> client{co_await asio::this_coro::executor};
///     co_await client.connect("wss://example.com/feed");
template <class Handler, transport Transport = any_transport>
class basic_client {
 public:
  using executor_type = asio::any_io_executor;
  /// `Handler`, or what it refers to if it is a `std::reference_wrapper`.
  using handler_type = typename detail::handler_holder<Handler>::type;

  /// A client that is not connected. `where`: an executor, or an execution context such as
  /// `asio::io_context`, where everything happens; if it is no
  /// `asio::strand<asio::any_io_executor>` the client makes a strand on it.
  ///
  /// The handler is made by its default constructor, or moved here, or made in place of what comes
  /// behind `std::in_place`, for which it need not be movable. With `std::ref(handler)`, and a
  /// client of `std::reference_wrapper<H>`, it stays where it is, and must be there until `join`
  /// has completed, also if the client is destroyed before: a callback that waits is interrupted
  /// then, and runs to its end.
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
  = delete;  // it would be copied
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
    if (!engine_) return;  // it was moved from
    if (detached_) {
      engine_.disown();
    } else {
      engine_.kill();
    }
  }

  /// Moves the client, at any time: what runs goes on, and the handler stays where it is. One that
  /// was moved from can only be destroyed or assigned to. One that is assigned to ends as if
  /// destroyed.
  basic_client(basic_client&&) noexcept = default;
  basic_client& operator=(basic_client&& other) noexcept {
    const basic_client old(std::move(*this));
    handler_ = other.handler_;
    engine_ = std::move(other.engine_);
    sender_ = std::move(other.sender_);
    detached_ = other.detached_;
    return *this;
  }

  /// Connects: resolves, TCP, TLS (within `connect_timeout`), opening handshake (RFC 6455 4.1,
  /// within `handshake_timeout`). Completes when the connection is open and `init` and
  /// `handle_connect` are through, or has failed; a failed client may connect again. If one of the
  /// two throws, this fails with `errc::handler_failed`, and the client has ended. With
  /// `handle_first_failure` the handler decides about retries, and this completes when one succeeds
  /// or the handler stops.
  ///
  /// Errors: `errc::already_started`; what is wrong with the request or the options; the system's
  /// error; `errc::aborted` if the client is closed, aborted or destroyed meanwhile; and those that
  /// `condition::handshake_failed`, `condition::tls_failed`, `condition::timeout` group. All but
  /// the first, `errc::aborted` and a cancellation are `condition::permanent` or
  /// `condition::transient`. `system_error::diagnostics` has the details. Cancellation gives the
  /// attempt up, after which the client may connect again; while `init` runs it ends the client.
  asio::awaitable<void> connect(request target) {
    return detail::co_connect(engine_, std::move(target));
  }

  /// The same with any completion token for `void(std::error_code)`.
  template <class Token>
  auto connect(request target, Token&& token) {
    return start_connect(std::move(target), nullptr, std::forward<Token>(token));
  }

  /// The same; `details` gets what is known about a failure, and must live until completion.
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

  /// A sender for another thread, with a queue of `send_queue_size` bytes of its own.
  sender make_sender() { return sender(engine_); }

  /// Waits until everything that was queued before, by whichever sender or callback, has been
  /// handed to the transport. Errors: `errc::not_connected`, `errc::connection_dropped` if the
  /// client ends first, or drops what is not sent: replies when their connection breaks, and all
  /// if `drop_unsent_on_disconnect` is set. Otherwise it waits on over a reconnect.
  asio::awaitable<void> flush() { return detail::co_flush(engine_); }
  template <class Token>
  auto flush(Token&& token) {
    return detail::start_operation<std::error_code>(
        engine_, std::forward<Token>(token),
        [](const detail::engine_ref& e, detail::ticket t,
           detail::completion<std::error_code> done) { e.flush(t, std::move(done)); });
  }

  /// Hands `message` to `handle_cast`, in order, while connected; before and between connections
  /// it waits, unless its type has `static constexpr bool wsx_any_phase = true`. Says whether that
  /// was possible. A message of a type that the handler does not take is a compile error. What has
  /// not been delivered when the client ends is destroyed.
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

  /// Hands `message` to `handle_info`, as `cast` does; one of a type that the handler does not
  /// take is logged.
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

  /// The same after a delay, unless the timer is canceled or the client ends first. It arrives even
  /// if the mailbox is full then, and whether or not there is a connection.
  template <class Message>
  timer post_after(std::chrono::steady_clock::duration delay, Message message) {
    return engine_.post_after(delay, detail::make_info(handler(), std::move(message)));
  }

  /// Sends a `signal` to `handle_info` whenever the process gets one with that number. The
  /// signal's usual effect is off as long as the client lives. Throws `std::system_error` if the
  /// system refuses.
  void watch_signal(int number) {
    engine_.watch_signal(number,
                         [h = &handler()](int n) { return detail::make_info(*h, signal{n}); });
  }

  /// Sends a `down` to `handle_info` once `other` has ended; at once if it already has. `other` may
  /// be destroyed, which ends it. Returns a number that tells this monitor from others.
  template <class OtherHandler, transport OtherTransport>
  std::uint64_t monitor(const basic_client<OtherHandler, OtherTransport>& other) {
    const auto number = engine_.next_ticket();
    other.engine_.join(other.engine_.next_ticket(),
                       {detail::down_notice<handler_type, down>{engine_.get(), &handler(), number},
                        other.engine_.serial()});
    return number;
  }

  /// Closes: everything queued is sent, then Close (RFC 6455 7.1.2), then the server has until
  /// `close_timeout` to answer and to end the connection. The client ends: `handle_disconnect` is
  /// told, but can't reconnect (after the action `close` it can). Completes when the client has
  /// ended, `terminate` included. A callback that is a coroutine is interrupted; one that goes on
  /// for longer than `close_timeout` is not waited for. A callback of this client that awaits it
  /// gets `errc::would_deadlock`, and nothing is closed: it can return `wsx::close()`.
  ///
  /// Completes with `close_reason::error`, which `join` throws as well: `errc::close_timeout` if
  /// the server had to be cut off, `errc::aborted` if the client was aborted or destroyed, or what
  /// failed before or meanwhile. The codes of the Close frames, which `join` looks at, don't count.
  ///
  /// If a closing handshake is under way already, this waits for its end, and the code given here
  /// is not sent. While the client connects or pauses there is nobody to close with: it just ends,
  /// in order. Before `connect`, which still works then, and after the end there is nothing to
  /// close: this completes at once, without an error.
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

  /// Drops the connection and ends the client, without a Close frame. `terminate` is called,
  /// `handle_disconnect` is not. Returns at once; `join` tells when it is done.
  void abort() { engine_.abort(); }

  /// Waits until the client has ended, and `terminate` is through; before `connect` it waits for
  /// that too. The reason of a normal end (no code, or 1000) is returned; any other end is thrown
  /// as a `system_error` that carries it, also after `close(code)` with another code.
  ///
  /// `client.join() || timer.async_wait(...)` of `awaitable_operators` takes the first *success*: a
  /// `join` that throws makes it wait for the timer. For whichever is first give both the token
  /// `as_tuple(use_awaitable)` (before Asio 1.24 in `asio::experimental`).
  asio::awaitable<close_reason> join() { return detail::co_join(engine_); }

  /// The same with any completion token for `void(std::error_code, close_reason)`.
  template <class Token>
  auto join(Token&& token) {
    return detail::start_ending<close_reason>(
        engine_, std::forward<Token>(token),
        [](const detail::engine_ref& e, detail::ticket t,
           detail::completion<std::error_code, close_reason> done) { e.join(t, std::move(done)); });
  }

  /// Lets the client go on by itself until it ends: destroying this object no longer ends it. The
  /// handler then lives until the end.
  void detach() noexcept { detached_ = true; }

  /// What has been counted so far; the counters are read one after the other.
  wsx::stats stats() const noexcept { return engine_.stats(); }

  /// Whether a connection is open at this moment.
  bool is_open() const noexcept { return engine_.is_open(); }

  /// What is known about the connection that is open, or was the last one to be; default values
  /// before `connect`. To be used on the client's strand, or where no other thread runs it: behind
  /// `co_await client.connect(...)` in a context that a single thread runs. The reference is as
  /// good as the client; what it refers to changes when another connection opens.
  const connection_info& connection() const noexcept { return engine_.connection(); }

  /// The handler. To be used on the client's strand only.
  handler_type& handler() noexcept { return *handler_; }

  /// The client's strand.
  executor_type get_executor() const noexcept { return engine_.executor(); }

 private:
  template <class, transport>
  friend class basic_client;

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
