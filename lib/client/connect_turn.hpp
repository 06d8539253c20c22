#pragma once

#include "async_event.hpp"
#include "client_clock.hpp"
#include "client_timer.hpp"

#include <wsx/connect_budget.hpp>
#include <wsx/transport/strand.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace wsx::detail {

// The turn of one attempt to connect in a `connect_budget`. On the client's strand, unless it says
// otherwise.
class connect_turn : public std::enable_shared_from_this<connect_turn> {
 public:
  using time_point = client_clock::time_point;

  connect_turn(std::shared_ptr<connect_budget> budget, strand s, client_clock clock);
  ~connect_turn() { leave(); }
  connect_turn(const connect_turn&) = delete;
  connect_turn& operator=(const connect_turn&) = delete;

  // Waits for its turn to connect to `host`. `waiter` is notified when it has come, but not within
  // the call.
  void wait(const std::string& host, async_event& waiter);
  bool has_come() const noexcept { return has_come_; }

  // The attempt is over, or does not wait any longer. Its `waiter` may be gone.
  void leave() noexcept;

  // For the budget, from any thread: the turn has come.
  void grant();
  // For the budget, from any thread: an attempt may begin at that time, perhaps another one.
  void watch(time_point when);

 private:
  const std::shared_ptr<connect_budget> budget_;
  const strand serial_;
  client_timer timer_;
  async_event* waiter_ = nullptr;
  std::uint64_t ticket_ = 0;  // 0: it is not in the budget
  bool has_come_ = false;
};

}  // namespace wsx::detail
