#pragma once

#include <wsx/config.hpp>

#include <wsx/export.hpp>

#include <asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace wsx::detail {

// What the one coroutine of a client sleeps on. Whoever has news for it notifies; it then resumes
// at once, within `notify`. News that come while it is awake are kept: it asks before it sleeps.
// On the client's strand only.
class async_event {
 public:
  WSX_API async_event();
  WSX_API ~async_event();
  async_event(const async_event&) = delete;
  async_event& operator=(const async_event&) = delete;

  WSX_API void notify();

  // Whether there have been news since the last sleep; then there is no need for one.
  bool take_notification() noexcept { return std::exchange(notified_, false); }
  WSX_API asio::awaitable<void> wait();

  // Destroys the waiter.
  WSX_API void drop() noexcept;

  // Nobody sleeps, nor will for long: gives the memory for a waiter back.
  WSX_API void release() noexcept;

 private:
  struct slot;

  bool notified_ = false;
  std::unique_ptr<slot> slot_;  // from the first sleep on
};

}  // namespace wsx::detail
