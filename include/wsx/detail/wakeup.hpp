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
class wakeup {
 public:
  WSX_API wakeup();
  WSX_API ~wakeup();
  wakeup(const wakeup&) = delete;
  wakeup& operator=(const wakeup&) = delete;

  WSX_API void notify();

  // Whether there have been news since the last sleep; then there is no need for one.
  bool notified() noexcept { return std::exchange(notified_, false); }
  WSX_API asio::awaitable<void> sleep();

  // Destroys the sleeper.
  WSX_API void drop() noexcept;

  // Nobody sleeps, nor will for long: gives the memory for a sleeper back.
  WSX_API void release() noexcept;

 private:
  struct slot;

  bool notified_ = false;
  std::unique_ptr<slot> slot_;  // from the first sleep on
};

}  // namespace wsx::detail
