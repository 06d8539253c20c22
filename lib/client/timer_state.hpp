#pragma once

#include "cancelable.hpp"
#include "client_timer.hpp"

#include <wsx/detail/mail.hpp>
#include <wsx/transport/strand.hpp>

#include <memory>
#include <utility>

namespace wsx::detail {

// A message that is posted later.
struct timer_state final : cancelable {
  timer_state(const strand& s, client_clock time, client_timer::duration delay,
              std::unique_ptr<mail> m)
      : clock(s, time), message(std::move(m)) {
    clock.expires_after(delay);
  }

  void cancel() override {
    message.reset();
    clock.cancel();
  }

  client_timer clock;
  std::unique_ptr<mail> message;  // null: posted, or canceled
};

}  // namespace wsx::detail
