#include "connect_turn.hpp"

#include "connect_schedule.hpp"

#include <wsx/error.hpp>
#include <wsx/system_error.hpp>

#include <cmath>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace wsx {

namespace {

using detail::connect_schedule;
using detail::connect_turn;

// A turn that is watched late may be on a thread that is busy, or has stopped.
constexpr std::chrono::seconds patience{1};

const connect_budget_options& checked(const connect_budget_options& limits) {
  for (const double rate : {limits.per_second, limits.per_host_per_second}) {
    if (!(rate >= 0) || std::isinf(rate)) throw system_error(errc::invalid_option);
  }
  return limits;
}

}  // namespace

// All but the constructor from any thread.
struct connect_budget::state {
  using time_point = connect_schedule::time_point;
  using ticket = connect_schedule::ticket;

  explicit state(const connect_budget_options& limits) : schedule(checked(limits)) {}

  ticket add(const std::string& host, const std::shared_ptr<connect_turn>& turn, time_point now);
  void leave(ticket number, time_point now);

  // Lets all begin that may, and has one of the others watch the clock.
  void look(time_point now);

  mutable std::mutex mutex{};
  connect_schedule schedule;
  std::map<ticket, std::weak_ptr<connect_turn>> waiting{};
  ticket watcher = 0;  // the one that watches the clock, if it still waits
  time_point watched{};
};

connect_budget::connect_budget(const connect_budget_options& limits)
    : state_(std::make_unique<state>(limits)) {}

connect_budget::~connect_budget() = default;

std::size_t connect_budget::waiting() const {
  const std::lock_guard lock(state_->mutex);
  return state_->schedule.waiting();
}

std::size_t connect_budget::in_flight() const {
  const std::lock_guard lock(state_->mutex);
  return state_->schedule.in_flight();
}

connect_schedule::ticket connect_budget::state::add(const std::string& host,
                                                    const std::shared_ptr<connect_turn>& turn,
                                                    time_point now) {
  const std::lock_guard lock(mutex);
  const ticket number = schedule.add(host, now);
  try {
    waiting.emplace(number, turn);
  } catch (...) {
    schedule.remove(number);
    throw;
  }
  return number;
}

void connect_budget::state::leave(ticket number, time_point now) {
  {
    const std::lock_guard lock(mutex);
    if (waiting.erase(number) > 0) {
      schedule.remove(number);
    } else {
      schedule.finished();
    }
  }
  look(now);
}

// The turns are called, and perhaps destroyed, without the lock.
void connect_budget::state::look(time_point now) {
  std::vector<std::shared_ptr<connect_turn>> begun;
  std::shared_ptr<connect_turn> next;
  time_point due{};
  {
    const std::lock_guard lock(mutex);
    while (const auto number = schedule.begin_next(now)) {
      const auto found = waiting.find(*number);
      begun.push_back(found->second.lock());
      waiting.erase(found);
    }
    due = schedule.due();
    const bool is_watched = waiting.contains(watcher) && watched <= due && now < watched + patience;
    if (due != time_point::max() && !is_watched) {
      watcher = schedule.first();
      watched = due;
      next = waiting.at(watcher).lock();
    }
  }
  for (const auto& turn : begun) {
    if (turn) turn->grant();
  }
  if (next) next->watch(due);
}

namespace detail {

connect_turn::connect_turn(std::shared_ptr<connect_budget> budget, strand s, client_clock clock)
    : budget_(std::move(budget)), serial_(std::move(s)), timer_(serial_, clock) {}

void connect_turn::wait(const std::string& host, async_event& waiter) {
  waiter_ = &waiter;
  const auto now = timer_.clock().now();
  ticket_ = budget_->state_->add(host, shared_from_this(), now);
  budget_->state_->look(now);
}

// Without memory, others are told later.
void connect_turn::leave() noexcept {
  waiter_ = nullptr;
  if (ticket_ == 0) return;
  try {
    timer_.cancel();
    budget_->state_->leave(std::exchange(ticket_, 0), timer_.clock().now());
  } catch (...) {}
}

void connect_turn::grant() {
  post_on(serial_, [self = shared_from_this()] {
    self->has_come_ = true;
    if (self->waiter_ != nullptr) self->waiter_->notify();
  });
}

void connect_turn::watch(time_point when) {
  post_on(serial_, [self = shared_from_this(), when] {
    if (self->ticket_ == 0) return;
    self->timer_.expires_at(when);
    self->timer_.async_wait_due(
        [self](std::error_code) { self->budget_->state_->look(self->timer_.clock().now()); });
  });
}

}  // namespace detail

}  // namespace wsx
