#pragma once

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

/// Does what `asio::dispatch` does, but for the allocations that each call would cost: the new
/// executors' `execute` asks an `any_io_executor` whether it blocks.
template <class Call>
void dispatch_on(const strand& s, Call call) {
#if defined(ASIO_NO_TS_EXECUTORS)
  asio::dispatch(s, std::move(call));
#else
  s.dispatch(std::move(call), std::allocator<void>());
#endif
}

/// The same for `asio::post`.
template <class Call>
void post_on(const strand& s, Call call) {
#if defined(ASIO_NO_TS_EXECUTORS)
  asio::post(s, std::move(call));
#else
  s.post(std::move(call), std::allocator<void>());
#endif
}

/// A handler for operations of objects on `s.get_inner_executor()` that is called on the strand
/// `s`, as `asio::bind_executor` does, by `dispatch_on`.
template <class Handler>
class on_strand {
 public:
  on_strand(strand s, Handler handler) : strand_(std::move(s)), handler_(std::move(handler)) {}

  void operator()(std::error_code error) {
    dispatch_on(strand_, [handler = std::move(handler_), error]() mutable { handler(error); });
  }

 private:
  strand strand_;
  Handler handler_;
};

/// The same for a timer: one that is canceled tells nobody, and costs the strand no turn.
template <class Handler>
class when_due {
 public:
  when_due(strand s, Handler handler) : call_(std::move(s), std::move(handler)) {}

  void operator()(std::error_code canceled) {
    if (!canceled) call_(canceled);
  }

 private:
  on_strand<Handler> call_;
};

}  // namespace wsx
