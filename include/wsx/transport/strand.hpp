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

/// What a client and its connection run on. The type is known where much is posted and awaited: an
/// `any_io_executor` that holds a strand allocates whenever Asio copies it.
using strand = asio::strand<asio::any_io_executor>;

/// The strand that `executor` is, or a new one on it.
WSX_API strand as_strand(asio::any_io_executor executor);

/// What the strand that `executor` is runs on; `executor` itself if it is none.
WSX_API asio::any_io_executor below_strand(asio::any_io_executor executor);

/// Does what `asio::dispatch` does, but for the allocations that each call would cost: the new
/// executors' `execute` asks an `any_io_executor` whether it blocks. If the call has to wait, it
/// does so in memory of `allocator`; without the old executors' interface a strand on an
/// `any_io_executor` takes none.
template <class Call, class Allocator = std::allocator<void>>
void dispatch_on(const strand& s, Call call,
                 [[maybe_unused]] const Allocator& allocator = Allocator()) {
#if defined(ASIO_NO_TS_EXECUTORS)
  asio::dispatch(s, std::move(call));
#else
  s.dispatch(std::move(call), allocator);
#endif
}

/// The same for `asio::post`.
template <class Call, class Allocator = std::allocator<void>>
void post_on(const strand& s, Call call,
             [[maybe_unused]] const Allocator& allocator = Allocator()) {
#if defined(ASIO_NO_TS_EXECUTORS)
  asio::post(s, std::move(call));
#else
  s.post(std::move(call), allocator);
#endif
}

/// A handler for operations of objects on `s.get_inner_executor()` that is called on the strand
/// `s`, as `asio::bind_executor` does, by `dispatch_on`. The handler must keep `s` alive: a wait
/// holds no copy of it.
template <class Handler>
class on_strand {
 public:
  on_strand(const strand& s, Handler handler) : strand_(&s), handler_(std::move(handler)) {}
  on_strand(strand&& s, Handler handler) = delete;

  void operator()(std::error_code error) {
    const strand s = *strand_;  // the handler may be gone before the call is over
    dispatch_on(s, [handler = std::move(handler_), error]() mutable { handler(error); });
  }

 private:
  const strand* strand_;
  Handler handler_;
};

/// The same for a timer: one that is canceled tells nobody, and costs the strand no turn.
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
