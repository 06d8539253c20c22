#pragma once

#include <wsx/config.hpp>

#include <asio/version.hpp>

// Asio's immediate executor is newer than the oldest supported Asio. Only this file checks the
// version.
#if ASIO_VERSION >= 102800
#define WSX_HAS_IMMEDIATE_EXECUTOR

#include <wsx/transport/strand.hpp>

#include <asio/associated_executor.hpp>
#include <asio/associated_immediate_executor.hpp>
#include <asio/bind_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/system_executor.hpp>

#include <type_traits>
#include <utility>

namespace wsx::detail {

// Whether the handler has an executor of its own, so that a candidate is not used.
template <class Handler>
inline constexpr bool has_own_executor =
    !std::is_same_v<asio::associated_executor_t<Handler, strand>, strand> ||
    !std::is_same_v<asio::associated_executor_t<Handler, asio::system_executor>,
                    asio::system_executor>;

// Whether the handler has an immediate executor. It counts as having one unless Asio says that it
// has none.
template <class Handler, class Executor>
inline constexpr bool has_immediate_executor = !requires {
  typename asio::associated_immediate_executor<
      Handler, Executor>::asio_associated_immediate_executor_is_unspecialised;
};

// Submits `call`, which calls `call.handler`, to the handler's immediate executor, and from there
// to its own executor, if it has one, as Asio's own operations do. This may call the handler within
// this call.
template <class Call, class Executor>
void dispatch_immediately(Call call, const Executor& own) {
  const auto target = asio::get_associated_immediate_executor(call.handler, own);
  if constexpr (has_own_executor<decltype(call.handler)>) {
    asio::dispatch(target, asio::bind_executor(own, std::move(call)));
  } else {
    asio::dispatch(target, std::move(call));
  }
}

}  // namespace wsx::detail
#endif
