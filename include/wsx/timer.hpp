#pragma once

#include <wsx/config.hpp>

#include <wsx/export.hpp>

#include <memory>
#include <utility>

namespace wsx {

namespace detail {
class engine;
struct timer_state;
}  // namespace detail

/// A message that is posted later. Destroying the timer does not cancel it.
class timer {
 public:
  timer() = default;

  /// Withdraws the message, unless it is already on its way to the handler. From any thread.
  WSX_API void cancel();

 private:
  friend class detail::engine;

  timer(std::weak_ptr<detail::engine> engine, std::weak_ptr<detail::timer_state> state) noexcept
      : engine_(std::move(engine)), state_(std::move(state)) {}

  std::weak_ptr<detail::engine> engine_{};
  // Owned by the client alone, so that a timer may outlive the executor, too.
  std::weak_ptr<detail::timer_state> state_{};
};

}  // namespace wsx
