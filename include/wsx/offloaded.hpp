#pragma once

#include <wsx/config.hpp>

#include <wsx/action.hpp>
#include <wsx/close_reason.hpp>
#include <wsx/detail/callbacks.hpp>
#include <wsx/detail/check_handler.hpp>
#include <wsx/detail/executor_of.hpp>
#include <wsx/detail/offload_ref.hpp>
#include <wsx/detail/worker_callbacks.hpp>
#include <wsx/frame.hpp>
#include <wsx/message.hpp>
#include <wsx/offload_options.hpp>
#include <wsx/session.hpp>
#include <wsx/worker_session.hpp>

#include <asio/awaitable.hpp>

#include <type_traits>
#include <utility>

namespace wsx {

/// A handler whose `handle_frame` runs on other threads, for work that would keep the client from
/// reading. It derives from `Handler` and replaces `handle_frame`: each message is copied into a
/// bounded queue, from which workers of a pool call the `handle_frame` of `Handler`. Messages with
/// the same key are handled one at a time, in order. What they answer returns to the strand in that
/// order.
///
/// `handle_frame` takes a `text`, `binary` or `message`, and may take a `worker_session&` after it.
/// It may be a plain function or a coroutine, which runs on a strand of the pool. All it returns
/// has the same effect as without workers: an action is taken on the message's connection, and an
/// exception ends the client with `errc::handler_failed`.
///
/// `Handler` may have a member `key(message)`, which returns the key of a message: an integer, an
/// enumerator or a string. `handle_dropped(message)` is called for each message that the queue
/// drops or replaces because it is full or conflates.
///
/// Threads: all other callbacks, `key` and `handle_dropped` run on the strand, at the same time as
/// the workers. State that both touch has to be protected, as well as state that messages of
/// different keys touch. To hand something to the strand, use `worker_session::post`.
///
/// Lifetime: before `terminate` is called, the workers finish everything that is queued. After
/// `abort` or an exception they only finish what they have begun, and coroutines are interrupted.
/// If the client is destroyed, running workers go on, and the last one destroys the handler on its
/// thread. The pool must outlive the client, and must run as long as there are messages.
///
/// While the queue is full with `overflow_policy::wait`, the client behaves as with a callback that
/// waits: no other callback is called, and a server whose pongs are not read for long is given up.
///
///     wsx::client<wsx::offloaded<parser>> client(
///         io, std::in_place, pool, wsx::offload_options().set(&wsx::offload_options::workers, 4));
template <class Handler>
class offloaded : public Handler, public detail::offload_base {
  static_assert(detail::check_worker_callbacks<Handler>());

 public:
  /// Arguments after the options construct the handler. Without a pool the handler uses threads of
  /// the process that all such handlers share. A pool is an executor or an execution context.
  /// Throws `std::invalid_argument` if an option is out of range.
  offloaded() : offloaded(offload_options()) {}
  template <class... Args>
  explicit offloaded(offload_options options, Args&&... args)
      : Handler(std::forward<Args>(args)...), offload_base({std::move(options), calls()}) {}
  template <class... Args>
  offloaded(detail::executor_of pool, offload_options options, Args&&... args)
      : Handler(std::forward<Args>(args)...),
        offload_base({std::move(pool).take(), std::move(options), calls()}) {}

  /// Returns the counters. From any thread, as long as the client exists.
  offload_stats queue_stats() const { return queue().stats(); }

  // Called by the client. The names of parameters are none that `Handler` may have for its members.

  asio::awaitable<void> handle_frame(text wsx_frame, session& wsx_session)  //
      requires detail::works_on<Handler, text> {
    return queue().take(wsx_session, wsx_frame);
  }
  asio::awaitable<void> handle_frame(binary wsx_frame, session& wsx_session)  //
      requires detail::works_on<Handler, binary> {
    return queue().take(wsx_session, wsx_frame);
  }

  asio::awaitable<void> terminate(const close_reason& wsx_reason, session& wsx_session) {
    return detail::end_offloaded<Handler>(*this, queue(), wsx_reason, wsx_session);
  }

 private:
  static detail::offload_calls calls() noexcept {
    return detail::worker_callbacks<Handler, offloaded>::table();
  }
};

}  // namespace wsx
