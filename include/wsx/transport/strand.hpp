#pragma once

#include <wsx/config.hpp>

#include <wsx/export.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>

#include <memory>
#include <system_error>
#include <utility>

namespace wsx {

/// The executor of a client and its connection. Code that posts and awaits often uses this concrete
/// type: an `any_io_executor` that holds a strand allocates whenever Asio copies it.
using strand = asio::strand<asio::any_io_executor>;

/// Returns the strand that `executor` holds, or a new one on it.
WSX_API strand as_strand(asio::any_io_executor executor);

/// Returns the inner executor of the strand that `executor` holds, or `executor` itself if it holds
/// none.
WSX_API asio::any_io_executor below_strand(asio::any_io_executor executor);

/// Does what `asio::dispatch` does without its allocations: the new executors' `execute` asks an
/// `any_io_executor` on each call whether it blocks. If the call has to wait, its memory comes from
/// `allocator`. Without the old executors' interface a strand on an `any_io_executor` cannot use
/// one.
template <class Call, class Allocator = std::allocator<void>>
void dispatch_on(const strand& s, Call call,
                 [[maybe_unused]] const Allocator& allocator = Allocator()) {
#if defined(ASIO_NO_TS_EXECUTORS)
  asio::dispatch(s, std::move(call));
#else
  s.dispatch(std::move(call), allocator);
#endif
}

/// Does what `asio::post` does, in the way of `dispatch_on`.
template <class Call, class Allocator = std::allocator<void>>
void post_on(const strand& s, Call call,
             [[maybe_unused]] const Allocator& allocator = Allocator()) {
#if defined(ASIO_NO_TS_EXECUTORS)
  asio::post(s, std::move(call));
#else
  s.post(std::move(call), allocator);
#endif
}

/// Makes a handler for operations of objects on `s.get_inner_executor()`. It is called on the
/// strand `s`, as `asio::bind_executor` does, by `dispatch_on`. The handler must keep `s` alive:
/// the wait has no copy of it.
template <class Handler>
class on_strand {
 public:
  on_strand(const strand& s, Handler handler) : strand_(&s), handler_(std::move(handler)) {}
  on_strand(strand&& s, Handler handler) = delete;

  void operator()(std::error_code error) {
    const strand s = *strand_;  // the call may destroy the handler
    dispatch_on(s, [handler = std::move(handler_), error]() mutable { handler(error); });
  }

 private:
  const strand* strand_;
  Handler handler_;
};

/// The same for a timer: a canceled one calls nothing, and costs the strand no turn.
template <class Handler>
class when_due {
 public:
  when_due(const strand& s, Handler handler) : call_(s, std::move(handler)) {}
  when_due(strand&& s, Handler handler) = delete;

  void operator()(std::error_code canceled) {
    if (!canceled) call_(canceled);
  }

 private:
  on_strand<Handler> call_;
};

}  // namespace wsx
