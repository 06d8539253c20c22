#pragma once

#include <asio/cancellation_signal.hpp>

#include <utility>

namespace wsx::detail {

// A callback that is a coroutine, while it is awaited: how it is interrupted, and whether it was.
class awaited_callback {
 public:
  // The slot for the coroutine that awaits callbacks.
  asio::cancellation_slot slot() noexcept { return signal_.slot(); }
  // That coroutine has finished: the slot's memory is not needed until there is another.
  void clear() noexcept { signal_.slot().clear(); }

  // A callback begins, with its own cancellation state, whose slot is `own`; or has finished.
  void begins(const asio::cancellation_slot& own) noexcept {
    own_ = own;
    running_ = true;
  }
  void finished() noexcept {
    own_ = {};
    running_ = interrupted_ = false;
  }

  bool running() const noexcept { return running_; }
  bool interrupted() const noexcept { return interrupted_; }

  // Returns whether the callback itself awaits an operation with this slot.
  bool awaits(const asio::cancellation_slot& slot) const noexcept {
    return running_ && slot.is_connected() && slot == own_;
  }

  // Cancels what the callback waits for. By Asio's rule, whatever it awaits later is canceled, too.
  // Returns false if there is no callback, or it has been interrupted before.
  bool interrupt() {
    if (!running_ || std::exchange(interrupted_, true)) return false;
    signal_.emit(asio::cancellation_type::terminal);
    return true;
  }

 private:
  asio::cancellation_signal signal_{};
  asio::cancellation_slot own_{};
  bool running_ = false;
  bool interrupted_ = false;
};

}  // namespace wsx::detail
