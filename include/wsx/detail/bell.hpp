#pragma once

#include <wsx/config.hpp>

#include <wsx/export.hpp>
#include <wsx/transport/strand.hpp>

#include <asio/steady_timer.hpp>

#include <atomic>
#include <cstddef>
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
// beforehand on the strand. Canceling it rings. Only the first ring of all is posted: a client that
// nobody sends with has no timer.
//
// `rung_` says whose the timer is. False: of the first who rings. True: of the strand, or of the
// one that rang until the strand has heard it. There are two timers, used in turn: whoever rang may
// not be out of `cancel` yet when the strand listens again.
//
// To find out by an exchange that it need not ring costs a producer more than all the rest of a
// small frame: the processor waits until what it has queued has reached the cache. So while the
// strand is busy with much, producers only look at `busy_`, and the strand pays when it listens
// again, with a fence for the whole process.
class bell {
 public:
  // `s` must outlive the bell.
  explicit bell(const strand& s) noexcept : strand_(s) {}
  explicit bell(strand&&) = delete;

  // From any thread: `on_ring` is called soon, unless the strand has been busy since it last
  // listened. If there is no memory for the first ring of all, one that rings after that is first.
  void ring() noexcept {
    // What is to be found comes before the look; the other half of this fence is in `end_busy`.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (!busy_.load(std::memory_order_relaxed)) ring_now();
  }

  // The rest is the strand's.

  // The strand rings for itself.
  void ring_here() noexcept {
    if (!ours_) ring();
  }

  // Busy: nobody need ring, since the strand will look by itself before it listens again.
  WSX_API void ignore();

  // Busy with much: to ring costs next to nothing, to listen again a system call.
  WSX_API void ignore_many() noexcept;

  // Idle: rings count from now on. False if one is on its way, which will be heard. What came
  // before this returned has perhaps not rung: look again. `many`: whoever rings will go on to,
  // as if the strand had been told to `ignore_many` at once.
  WSX_API bool listen(std::shared_ptr<bell_listener> who, bool many);

  // Lets go of the listener.
  WSX_API void hang_up();

 private:
  struct rope {
    rope(const asio::any_io_executor& executor)  // NOLINT: converts by design
        : never(executor, asio::steady_timer::time_point::max()) {}

    asio::steady_timer never;         // nothing but its cancellation ends its wait
    std::atomic<bool> pulled{false};  // somebody is within `cancel`
  };

  struct rope_pair {
    explicit rope_pair(const asio::any_io_executor& executor) : ropes{executor, executor} {}

    rope ropes[2];
  };

  WSX_API void ring_now() noexcept;
  void ring_first() noexcept;
  bool take_slack_rope();
  bool end_busy() noexcept;

  const strand& strand_;
  std::weak_ptr<bell_listener> first_;  // who hears the first ring
  bool used_ = false;                   // that was heard
  std::unique_ptr<rope_pair> pair_;     // from then on
  std::size_t current_ = 0;             // the rope to pull
  std::atomic<bool> rung_{true};
  std::atomic<bool> busy_{false};  // true only while `rung_` is: nobody need ring
  bool many_expected_ = false;     // whoever rings sets `busy_`
  bool waiting_ = false;           // a wait is under way
  bool ours_ = true;               // it, or its timer, is the strand's
};

}  // namespace wsx::detail
