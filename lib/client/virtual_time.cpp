#include "virtual_time.hpp"

#include "client_clock.hpp"

#include <asio/execution/context.hpp>
#include <asio/query.hpp>

#include <algorithm>
#include <tuple>

namespace wsx::detail {

// Keeps the time of a context. Pending waits end with Asio's timers.
class virtual_time::service final : public asio::execution_context::service {
 public:
  using key_type = service;
  static asio::execution_context::id id;

  explicit service(asio::execution_context& context)
      : asio::execution_context::service(context),
        time(std::make_shared<virtual_time>(std::chrono::steady_clock::now())) {}

  const std::shared_ptr<virtual_time> time;

 private:
  void shutdown() override {}
};

asio::execution_context::id virtual_time::service::id;

std::shared_ptr<virtual_time> virtual_time::of(asio::execution_context& context) {
  return asio::use_service<service>(context).time;
}

virtual_time* virtual_time::in_force(asio::execution_context& context) {
  if (!asio::has_service<service>(context)) return nullptr;
  virtual_time& time = *asio::use_service<service>(context).time;
  return time.clocks_.load(std::memory_order_relaxed) > 0 ? &time : nullptr;
}

virtual_time::time_point virtual_time::look() noexcept {
  const duration step(per_look_.load(std::memory_order_relaxed));
  if (step == duration::zero()) return now();
  const std::lock_guard lock(mutex_);
  const time_point seen = now();
  const auto moved = step < time_point::max() - seen ? seen + step : time_point::max();
  now_.store(moved.time_since_epoch().count(), std::memory_order_relaxed);
  return seen;
}

void virtual_time::move_to(time_point when) {
  const std::lock_guard lock(mutex_);
  if (when > now()) now_.store(when.time_since_epoch().count(), std::memory_order_relaxed);
  while (!waiting_.empty() && (*waiting_.begin())->expiry_ <= now()) {
    (*waiting_.begin())->complete();
  }
}

std::optional<virtual_time::time_point> virtual_time::next_due() const {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) return std::nullopt;
  return (*waiting_.begin())->expiry_;
}

bool virtual_time::earlier::operator()(const virtual_timer* a,
                                       const virtual_timer* b) const noexcept {
  return std::tie(a->expiry_, a->number_) < std::tie(b->expiry_, b->number_);
}

virtual_timer::virtual_timer(virtual_time& time, inner_timer& timer)
    : time_(time.shared_from_this()), timer_(timer) {
  timer_.expires_at(time_point::max());
}

virtual_timer::~virtual_timer() {
  const std::lock_guard lock(time_->mutex_);
  end();
}

void virtual_timer::expires_at(time_point when) {
  const std::lock_guard lock(time_->mutex_);
  end();
  timer_.cancel();
  expiry_ = when;
}

void virtual_timer::cancel() {
  const std::lock_guard lock(time_->mutex_);
  end();
  timer_.cancel();
}

std::shared_ptr<const bool> virtual_timer::begin() {
  if (!due_) {
    auto due = std::make_shared<bool>(false);
    number_ = ++time_->waits_;
    time_->waiting_.insert(this);
    due_ = std::move(due);
  }
  return due_;
}

void virtual_timer::complete_if_due() {
  if (expiry_ <= time_->now()) complete();
}

void virtual_timer::complete() {
  *due_ = true;
  end();
  timer_.cancel();
}

// The wait is no longer pending for the virtual time.
void virtual_timer::end() noexcept {
  if (!due_) return;
  time_->waiting_.erase(this);
  due_.reset();
}

client_clock::client_clock(const asio::any_io_executor& executor)
    : time_(virtual_time::in_force(asio::query(executor, asio::execution::context))) {}

client_clock::time_point client_clock::virtual_now() const noexcept {
  return time_->look();
}

}  // namespace wsx::detail
