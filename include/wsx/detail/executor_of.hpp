#pragma once

#include <wsx/config.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/execution_context.hpp>

#include <concepts>
#include <utility>

namespace wsx::detail {

// The executor that a client is made on, from an executor or an execution context.
class executor_of {
 public:
  executor_of(asio::any_io_executor executor) noexcept  // NOLINT: converts by design
      : executor_(std::move(executor)) {}
  template <std::convertible_to<asio::any_io_executor> Executor>
  executor_of(Executor executor) : executor_(std::move(executor)) {}  // NOLINT: as above
  template <std::derived_from<asio::execution_context> Context>
  executor_of(Context& context) : executor_(context.get_executor()) {}  // NOLINT: as above

  asio::any_io_executor take() && noexcept { return std::move(executor_); }

 private:
  asio::any_io_executor executor_;
};

}  // namespace wsx::detail
