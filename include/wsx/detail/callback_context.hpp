#pragma once

#include <wsx/config.hpp>

#include <wsx/action.hpp>
#include <wsx/disconnect.hpp>
#include <wsx/export.hpp>
#include <wsx/session.hpp>

#include <asio/cancellation_signal.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>

namespace wsx::detail {

class engine;

// The client as seen by code that calls the handler's members. On its strand.
class callback_context {
 public:
  callback_context(const callback_context&) = delete;
  callback_context& operator=(const callback_context&) = delete;

  wsx::session& session() noexcept { return session_; }

  // Returns whether the client is about to end: the handler must not be called any more.
  bool stopped() const noexcept {
    return (halted_.load(std::memory_order_relaxed) & stop_bit) != 0;
  }

  // Returns whether the client is suspended: no callback begins until it is resumed.
  bool suspended() const noexcept {
    return (halted_.load(std::memory_order_relaxed) & suspended_bit) != 0;
  }
  void set_suspended(bool now) noexcept {
    if (now) {
      halted_.fetch_or(suspended_bit, std::memory_order_relaxed);
    } else {
      halted_.fetch_and(stop_bit, std::memory_order_relaxed);
    }
  }

  // Returns whether either is the case.
  bool halted() const noexcept { return halted_.load(std::memory_order_relaxed) != 0; }

  // Who is told of what happens often.
  enum class observer : std::uint8_t {
    trace = 1,
    handler_for_frames = 2,
    handler_for_refusals = 4,
  };
  // From any thread.
  WSX_API void observed_by(observer who, bool on) noexcept;
  // Returns whether an event is being told. Meanwhile no operation may begin within the call that
  // starts it: the event may be told in the middle of a write. From any thread.
  bool telling() const noexcept { return telling_.load(std::memory_order_relaxed); }
  void set_telling(bool now) noexcept { telling_.store(now, std::memory_order_relaxed); }

  // Returns whether somebody is told of frames, or of what is refused. From any thread.
  bool observed() const noexcept {
    return observed_by(observer::trace, observer::handler_for_frames);
  }
  bool traced() const noexcept { return observed_by(observer::trace, observer::trace); }
  bool told_of_refusals() const noexcept {
    return observed_by(observer::trace, observer::handler_for_refusals);
  }

  // Tells of a callback that began at `begin`, which is a time of `now`.
  WSX_API void tell_returned(std::chrono::steady_clock::time_point begin);
  WSX_API std::chrono::steady_clock::time_point now() const noexcept;

  // Counts a callback, for a trace.
  void count_callback() noexcept {
    if (observed()) count_observed();
  }

  // Carries out the action that a callback returned.
  WSX_API void apply(const action& wanted);
  void apply(const disconnect_decision& decided) { *decision_ = decided; }

  // Where `handle_disconnect` answers, as long as it runs; otherwise null.
  void answer_to(disconnect_decision* place) noexcept { decision_ = place; }
  bool asks() const noexcept { return decision_ != nullptr; }

  // Handles an exception thrown by a callback.
  WSX_API void failed(std::exception_ptr what) noexcept;

  // A callback that is a coroutine begins, or has finished. `own` is the slot of its cancellation
  // state, which operations that it awaits directly have as well.
  WSX_API void waits(const asio::cancellation_slot& own) noexcept;
  WSX_API void finished() noexcept;

 protected:
  explicit callback_context(engine& e) noexcept : session_(e) {}
  ~callback_context() = default;

  void set_stopped() noexcept { halted_.fetch_or(stop_bit, std::memory_order_relaxed); }

 private:
  // Why no callback may begin.
  static constexpr std::uint8_t stop_bit = 1;
  static constexpr std::uint8_t suspended_bit = 2;

  WSX_API void count_observed() noexcept;
  bool observed_by(observer one, observer other) const noexcept {
    const auto either = static_cast<std::uint8_t>(one) | static_cast<std::uint8_t>(other);
    return (observed_by_.load(std::memory_order_relaxed) & either) != 0;
  }

  wsx::session session_;
  disconnect_decision* decision_ = nullptr;
  std::atomic<std::uint8_t> halted_{0};
  std::atomic<std::uint8_t> observed_by_{0};
  std::atomic<bool> telling_{false};
};

}  // namespace wsx::detail
