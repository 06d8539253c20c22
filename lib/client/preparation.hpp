#pragma once

#include "async_event.hpp"

#include <wsx/prepare_hook.hpp>
#include <wsx/request.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/cancellation_signal.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <utility>

namespace wsx::detail {

// One call of `dial_options::prepare`. The attempt that begins it may end earlier: a coroutine that
// ignores its cancellation goes on alone. On the client's strand.
class preparation : public std::enable_shared_from_this<preparation> {
 public:
  preparation(prepare_hook hook, request base) : hook_(std::move(hook)), target_(std::move(base)) {}

  // `waiter` is notified when it has finished, unless it has finished within the call.
  void begin(const asio::any_io_executor& strand, std::size_t attempt, async_event& waiter);

  bool finished() const noexcept { return finished_; }
  // After it has finished: the request, or the exception.
  request& target() noexcept { return target_; }
  const std::exception_ptr& failure() const noexcept { return failure_; }

  // The attempt is over: cancels the coroutine.
  void give_up();
  // The waiter will be gone.
  void forget() noexcept { waiter_ = nullptr; }

 private:
  void finish(std::exception_ptr what) noexcept;

  prepare_hook hook_;  // the coroutine may be a lambda within
  request target_;
  async_event* waiter_ = nullptr;
  asio::cancellation_signal cancel_{};
  std::exception_ptr failure_{};
  bool finished_ = false;
};

}  // namespace wsx::detail
