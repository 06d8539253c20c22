#pragma once

#include <wsx/export.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/dispatch.hpp>
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

/// A handler for operations of objects on `s.get_inner_executor()` that is called on the strand
/// `s`. Does what `asio::bind_executor` is for, but for the allocation that each call would cost:
/// the new executors' `execute` asks an `any_io_executor` whether it blocks.
template <class Handler>
class on_strand {
 public:
  on_strand(strand s, Handler handler) : strand_(std::move(s)), handler_(std::move(handler)) {}

  void operator()(std::error_code error) {
    auto call = [handler = std::move(handler_), error]() mutable { handler(error); };
#if defined(ASIO_NO_TS_EXECUTORS)
    asio::dispatch(strand_, std::move(call));
#else
    strand_.dispatch(std::move(call), std::allocator<void>());
#endif
  }

 private:
  strand strand_;
  Handler handler_;
};

}  // namespace wsx
