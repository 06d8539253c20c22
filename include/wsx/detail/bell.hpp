#pragma once

#include <wsx/export.hpp>
#include <wsx/transport/strand.hpp>

#include <asio/steady_timer.hpp>

#include <atomic>
#include <memory>

namespace wsx::detail {

// Who hears a bell, on its strand.
class bell_listener {
 public:
  virtual void on_ring() = 0;

 protected:
  ~bell_listener() = default;
};

// Calls a strand from any thread, once for each burst of rings, without an allocation: what
// `asio::post` would allocate from a thread that runs no event loop is a timer's wait here, made
// beforehand on the strand. Canceling it rings.
//
// `rung_` says whose the timer is. False: of the first who rings. True: of the strand, or of the
// one that rang until the strand has heard it.
class bell {
 public:
  WSX_API explicit bell(const strand& s);

  // From any thread: `on_ring` is called soon, unless the strand has been busy since it last
  // listened.
  WSX_API void ring();

  // The rest is the strand's.

  // Busy: nobody need ring, since the strand will look by itself before it listens again.
  WSX_API void ignore();

  // Idle: rings count from now on. False if one is on its way, which will be heard. What came
  // before this returned has perhaps not rung: look again.
  WSX_API bool listen(std::shared_ptr<bell_listener> who);

  // Lets go of the listener.
  WSX_API void hang_up();

 private:
  struct wait;

  strand strand_;
  asio::steady_timer never_;  // nothing but its cancellation ends its wait
  std::atomic<bool> rung_{true};
  std::atomic<bool> pulling_{false};  // whoever rang is at the timer
  bool waiting_ = false;              // a wait is under way
  bool ours_ = true;                  // it, or its timer, is the strand's
};

}  // namespace wsx::detail
