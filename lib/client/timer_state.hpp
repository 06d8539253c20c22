#pragma once

#include <wsx/config.hpp>

#include "cancelable.hpp"
#include "mailbox.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace wsx::detail {

// A message that is due later.
struct timer_state final : cancelable {
  timer_state(const asio::any_io_executor& strand, std::chrono::steady_clock::duration delay,
              std::unique_ptr<mail> m)
      : clock(strand, delay), message(std::move(m)) {}

  void cancel() override {
    message.reset();
    clock.cancel();
  }

  asio::steady_timer clock;
  std::unique_ptr<mail> message;  // null: sent, or canceled
};

}  // namespace wsx::detail
