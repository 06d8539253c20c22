#pragma once

#include <wsx/config.hpp>

#include <wsx/export.hpp>

#include <asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace wsx::detail {

// An event that a client's coroutine waits for. `notify` resumes the coroutine at once, within the
// call. A notification while it is not waiting is kept, and the coroutine checks for it before it
// waits. On the client's strand only.
class async_event {
 public:
  WSX_API async_event();
  WSX_API ~async_event();
  async_event(const async_event&) = delete;
  async_event& operator=(const async_event&) = delete;

  WSX_API void notify();

  // Returns whether there was a notification since the last wait, so that there is no need to wait.
  bool take_notification() noexcept { return std::exchange(notified_, false); }
  WSX_API asio::awaitable<void> wait();

  // Destroys the waiter.
  WSX_API void drop() noexcept;

  // There is no waiter, and will be none for a while: frees its memory.
  WSX_API void release() noexcept;

 private:
  struct slot;

  bool notified_ = false;
  std::unique_ptr<slot> slot_;  // allocated by the first wait
};

}  // namespace wsx::detail
