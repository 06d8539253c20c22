#pragma once

#include <wsx/config.hpp>

#include <wsx/client_status.hpp>
#include <wsx/connection_info.hpp>
#include <wsx/detail/engine_ref.hpp>
#include <wsx/detail/operation.hpp>
#include <wsx/detail/system_operations.hpp>
#include <wsx/options.hpp>
#include <wsx/request.hpp>
#include <wsx/sender.hpp>
#include <wsx/stats.hpp>
#include <wsx/traceable.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/basic_stream_socket.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace wsx {

namespace detail {
template <class Socket>
std::unique_ptr<connected_socket> generic(Socket&& socket) {
  return std::make_unique<connected_socket>(std::forward<Socket>(socket));
}

WSX_API asio::awaitable<void> co_connect(engine_ref e, request target,
                                         std::unique_ptr<connected_socket> socket = {});
WSX_API asio::awaitable<void> co_close(engine_ref e, protocol::close_payload how);
WSX_API asio::awaitable<void> co_flush(engine_ref e);
WSX_API asio::awaitable<close_reason> co_join(engine_ref e);
}  // namespace detail

/// The operations of a client that depend on neither its handler nor its transport. See
/// `basic_client` for lifetimes, threads, completion tokens and cancellation.
class client_base : public traceable<client_base> {
 public:
  using executor_type = asio::any_io_executor;

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
    return start_connect(std::move(target), nullptr, {}, std::forward<Token>(token));
  }

  /// Also sets `details` on failure, which must live until completion.
  template <class Token>
  auto connect(request target, diagnostics& details, Token&& token) {
    return start_connect(std::move(target), &details, {}, std::forward<Token>(token));
  }

  /// The same with a socket that is connected already, of TCP or a unix-domain one (on POSIX also
  /// an `asio::generic::stream_protocol::socket` for a native handle), in place of resolving and
  /// connecting. TLS, for `wss`, and the opening handshake follow. The client owns the socket from
  /// this call on, and takes it from its executor, where nothing may wait for it any more; that
  /// executor's context must live until this completes. Of `dial.socket`, `no_delay` and
  /// `after_connect` apply to it.
  ///
  /// It is used once: another attempt, also within this call (`handle_first_failure`), connects to
  /// the URL. Sessions of TLS are not resumed on it.
  ///
  /// Errors as well: `errc::not_connected` if the socket is not connected, or the client's
  /// transport can't use it; it is neither permanent nor transient.
  template <class Protocol, class Executor>
  asio::awaitable<void> connect(request target,
                                asio::basic_stream_socket<Protocol, Executor>&& socket) {
    return detail::co_connect(engine_, std::move(target), detail::generic(std::move(socket)));
  }
  template <class Protocol, class Executor, class Token>
  auto connect(request target, asio::basic_stream_socket<Protocol, Executor>&& socket,
               Token&& token) {
    return start_connect(std::move(target), nullptr, detail::generic(std::move(socket)),
                         std::forward<Token>(token));
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

  /// Returns what the client is doing now, for people and monitoring. Completes soon, in every
  /// phase, unless the strand is busy: a callback that is a coroutine does not delay it. Calls the
  /// handler's `std::string format_status() const`, if it has one. With a completion token:
  /// `void(client_status)`.
  asio::awaitable<client_status> status() const { return detail::co_status(engine_); }
  template <class Token>
  auto status(Token&& token) const {
    return detail::start_status(engine_, std::forward<Token>(token));
  }

  /// Suspends the client, in each phase. Erlang's `sys:suspend`. From its completion until `resume`
  /// no callback begins: messages of the server, casts, posts, timers and signals wait, and nothing
  /// of them is lost. Completes when the callback that is running, and what was cast before, is
  /// done. Does nothing if the client is suspended.
  ///
  /// Nothing is read from the connection, so that the server has to wait, its pings are not
  /// answered, and an end of the connection is noticed later. Keepalive, `data_timeout` and
  /// `heartbeat` rest. Frames are still sent: those in the queues, and those of senders. An attempt
  /// to connect, a pause and a closing handshake go on with their deadlines; the callback and the
  /// attempt that would follow wait. `with_handler`, `code_change`, `status` and traces work.
  /// `handle_event` is still called, and so are the workers of an offloaded handler for the
  /// messages that they have.
  ///
  /// `close`, `abort` and the destructor end the suspension.
  ///
  /// Errors: `errc::closing`: `close` was called; `errc::not_connected`: the client has ended;
  /// `errc::aborted`; `errc::would_deadlock` in a callback of this client. Cancellation withdraws a
  /// request that has not been carried out.
  asio::awaitable<void> suspend() { return detail::co_suspend(engine_); }
  template <class Token>
  auto suspend(Token&& token) {
    return detail::start_suspend(engine_, std::forward<Token>(token));
  }

  /// Lets a suspended client go on, with whole intervals for keepalive, `data_timeout` and
  /// `heartbeat`. Erlang's `sys:resume`. Requests take effect in their order: one to suspend the
  /// client that still waits comes first. Does nothing if the client is not suspended. Errors:
  /// `errc::aborted`, `errc::would_deadlock`. Cancellation as in `suspend`.
  asio::awaitable<void> resume() { return detail::co_resume(engine_); }
  template <class Token>
  auto resume(Token&& token) {
    return detail::start_resume(engine_, std::forward<Token>(token));
  }

  /// Returns the client's strand.
  executor_type get_executor() const noexcept { return engine_.executor(); }

 protected:
  explicit client_base(detail::engine_ref engine) : engine_(std::move(engine)), sender_(engine_) {}

  ~client_base() {
    if (!engine_) return;  // moved from
    if (detached_) {
      engine_.disown();
    } else {
      engine_.kill();
    }
  }

  client_base(client_base&&) noexcept = default;
  client_base& operator=(client_base&& other) noexcept {
    const client_base old(std::move(*this));
    engine_ = std::move(other.engine_);
    sender_ = std::move(other.sender_);
    detached_ = other.detached_;
    return *this;
  }

  const detail::engine_ref& engine() const noexcept { return engine_; }

 private:
  friend struct detail::client_access;

  template <class Token>
  auto start_connect(request target, diagnostics* details, std::unique_ptr<connected_socket> socket,
                     Token&& token) {
    return detail::start_operation<std::error_code>(
        engine_, std::forward<Token>(token),
        [r = std::move(target), details, s = std::move(socket)](
            const detail::engine_ref& e, detail::ticket t,
            detail::completion<std::error_code> done) mutable {
          e.connect(t, std::move(r), details, std::move(done), std::move(s));
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

  detail::engine_ref engine_;
  sender sender_;
  bool detached_ = false;
};

}  // namespace wsx
