#pragma once

#include <wsx/detail/engine.hpp>
#include <wsx/detail/timer_state.hpp>

#include <memory>
#include <utility>

namespace wsx {

/// A message posted for later. Destroying the timer does not cancel it.
class timer {
 public:
  timer() = default;

  /// Takes the message back, unless it is already on its way to the handler. From any thread.
  void cancel() {
    const auto engine = engine_.lock();
    auto state = state_.lock();
    if (engine && state) engine->cancel_timer(std::move(state));
  }

 private:
  template <class, transport>
  friend class basic_client;
  friend class session;

  timer(const std::shared_ptr<detail::engine>& engine, std::shared_ptr<detail::timer_state> state)
      : engine_(engine), state_(state) {
    engine->start_timer(std::move(state));
  }

  std::weak_ptr<detail::engine> engine_{};
  // The client's alone, so that a timer may outlive the executor too.
  std::weak_ptr<detail::timer_state> state_{};
};

}  // namespace wsx
