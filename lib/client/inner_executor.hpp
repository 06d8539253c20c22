#pragma once

#include <wsx/config.hpp>

#include <wsx/transport/strand.hpp>

#include <asio/basic_waitable_timer.hpp>
#include <asio/execution/context.hpp>
#include <asio/execution_context.hpp>
#include <asio/query.hpp>
#include <asio/wait_traits.hpp>

#include <chrono>
#include <utility>

namespace wsx::detail {

// What a strand runs on, by reference. A timer and each of its waits hold a copy of their executor:
// this one takes a pointer, where an `any_io_executor` takes seven. The strand must outlive both.
class inner_executor {
 public:
  explicit inner_executor(const strand& s) noexcept : strand_(&s) {}
  explicit inner_executor(strand&&) = delete;

  const strand& serial() const noexcept { return *strand_; }

  asio::execution_context& query(asio::execution::context_t) const noexcept {
    return asio::query(*strand_, asio::execution::context);
  }

  template <class Function>
  void execute(Function&& function) const {
    strand_->get_inner_executor().execute(std::forward<Function>(function));
  }

  bool operator==(const inner_executor&) const noexcept = default;

 private:
  const strand* strand_;
};

// A timer whose handlers run below a strand.
using inner_timer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, inner_executor>;

}  // namespace wsx::detail
