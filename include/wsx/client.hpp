#pragma once

#include <wsx/config.hpp>

#include <wsx/client_base.hpp>
#include <wsx/detail/abi.hpp>
#include <wsx/detail/code_change.hpp>
#include <wsx/detail/executor_of.hpp>
#include <wsx/detail/handler_holder.hpp>
#include <wsx/detail/handler_model.hpp>
#include <wsx/detail/messages.hpp>
#include <wsx/detail/with_handler.hpp>
#include <wsx/options.hpp>
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
class basic_client : public client_base,
                     public detail::code_change_members<basic_client<Handler, Transport>, Handler> {
 public:
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

  /// A client can be moved at any time: operations go on, and the handler stays in place. A client
  /// that was moved from can only be destroyed or assigned to. Assignment ends the target as its
  /// destructor would.
  basic_client(basic_client&&) noexcept = default;
  basic_client& operator=(basic_client&&) noexcept = default;

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
    error = engine().post(detail::make_cast(handler(), std::move(message)));
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
    error = engine().post(detail::make_info(handler(), std::move(message)));
    return !error;
  }

  /// Posts `message` after a delay, unless the timer is canceled or the client ends first. It is
  /// delivered even if the mailbox is full, and with or without a connection.
  template <class Message>
  timer post_after(std::chrono::steady_clock::duration delay, Message message) {
    return engine().post_after(delay, detail::make_info(handler(), std::move(message)));
  }

  /// Posts a `signal` to `handle_info` whenever the process receives that signal. Its default
  /// effect is off while the client lives. Throws `std::system_error` if the system refuses.
  void watch_signal(int number) {
    engine().watch_signal(number,
                          [h = &handler()](int n) { return detail::make_info(*h, signal{n}); });
  }

  /// Posts a `down` to `handle_info` once `other` has ended, or at once if it has. `other` may be
  /// destroyed, which ends it. Returns a number that identifies this monitor.
  std::uint64_t monitor(const client_base& other) {
    const auto number = engine().next_ticket();
    const auto& ended = detail::client_access::engine_of(other);
    ended.join(ended.next_ticket(),
               {detail::down_notice<handler_type, down>{engine().get(), &handler(), number},
                ended.serial()});
    return number;
  }

  /// Calls `function` with the handler by reference, on the client's strand, between two callbacks,
  /// and returns what it returns: a value of any type that can be moved, or nothing. Erlang's
  /// `sys:get_state` and `sys:replace_state`. From any thread and in each phase: also before
  /// `connect`, while the client is suspended, and after its end.
  ///
  /// The function finds what earlier casts have done, if the client is connected. A callback that
  /// is a coroutine is waited for until it has finished. The function must not block, since
  /// the client does nothing else meanwhile. It may destroy the client; the handler stays until it
  /// returns.
  ///
  /// With `client<any_handler>` name the handler's type, `with_handler<feed>(function)`, or take
  /// the `any_handler`.
  ///
  /// What the function throws is thrown to the caller, and does not concern the client. Errors:
  /// `errc::handler_type_differs`; `errc::aborted`: the client was destroyed;
  /// `errc::would_deadlock` in a callback of this client. Cancellation withdraws a call that has
  /// not begun.
  ///
  ///     const int n = co_await client.with_handler([](const feed& f) { return f.messages; });
  ///     co_await client.with_handler([](feed& f) { f.messages = 0; });
  template <class H = handler_type, class Function>
  asio::awaitable<detail::access_result_t<H, Function>> with_handler(Function function) {
    return detail::co_access<H>(engine(), handler_, std::move(function));
  }

  /// With any completion token for `void(std::exception_ptr)` or `void(std::exception_ptr, T)`.
  /// `T` needs a default constructor: a failure passes `T()`.
  template <class H = handler_type, class Function, class Token>
  auto with_handler(Function function, Token&& token) {
    return detail::start_access<H>(engine(), handler_, std::move(function),
                                   std::forward<Token>(token));
  }

  /// Returns the handler. For the client's strand only.
  handler_type& handler() noexcept { return *handler_; }

 private:
  using model = detail::handler_model<Handler>;

  basic_client(std::unique_ptr<model> made, asio::any_io_executor executor, wsx::options options)
      : basic_client(made, made->handler(), std::move(executor), std::move(options)) {}

  basic_client(std::unique_ptr<model>& made, handler_type& handler, asio::any_io_executor executor,
               wsx::options options)
      : client_base(detail::engine_ref(std::move(executor), std::move(options),
                                       &detail::make_stream<Transport>, std::move(made))),
        handler_(&handler) {
    abi::require_same();
  }

  handler_type* handler_;
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
