#include "supervision.hpp"
#include "supervisor_life.hpp"

#include <wsx/error.hpp>
#include <wsx/system_error.hpp>

#include <exception>
#include <utility>

// One child: how it is made, started, watched and terminated.

namespace wsx::detail {

// An exception of `child_spec::start` is a failure to start.
std::error_code supervisor_life::make(supervised_child& child) {
  try {
    child.running = child.spec.start().process_;
    return {};
  } catch (const std::system_error& e) {
    failure_ = e.what();
    return e.code() ? e.code() : errc::child_not_made;
  } catch (const std::exception& e) {
    failure_ = e.what();
  } catch (...) {  // of an unknown type
  }
  return errc::child_not_made;
}

// "do_start_child"
asio::awaitable<std::error_code> supervisor_life::start_process(supervised_child& child) {
  failure_.clear();
  child.state = child_state::starting;
  error_ = make(child);
  if (error_ || !child.running) {
    let_go(child);
    co_return error_;
  }
  child.is_supervisor = child.running->as_supervisor() != nullptr;
  const auto watch = child.watch = std::make_shared<process_watch>();
  begin(child);
  while (child.spec.wait_for_connect && !watch->started && !stopping()) co_await sleep();
  if (child.spec.wait_for_connect) error_ = watch->started.value_or(errc::aborted);
  if (error_) {
    // Only then: until the start completes, the child may write to `failure`.
    if (watch->started) failure_ = watch->failure.message;
    let_go(child);
    co_return error_;
  }
  child.state = child_state::running;
  ++child.starts;
  co_return error_;
}

void supervisor_life::begin(const supervised_child& child) {
  const auto watch = child.watch;
  const auto& name = child.spec.name;
  owner_.running().add(name, child.running);
  auto ended = [weak = owner_.weak_from_this(), name, watch](std::error_code error,
                                                             close_reason reason) {
    if (const auto self = weak.lock())
      self->life().process_ended(name, watch, error, std::move(reason));
  };
  child.running->join({std::move(ended), serial_});
  auto started = [weak = owner_.weak_from_this(), name, watch,
                  waits = child.spec.wait_for_connect](std::error_code error) {
    const auto self = weak.lock();
    if (!self) return;
    watch->started = error;
    if (waits || !error) return self->life().news_.notify();
    self->life().process_ended(name, watch, error, {.error = error, .diagnostics = watch->failure});
  };
  child.running->start(&watch->failure, {std::move(started), serial_});
}

void supervisor_life::process_ended(const std::string& name, const watch_ptr& watch,
                                    std::error_code error, close_reason reason) {
  if (watch->ended) return;
  watch->ended = error;
  watch->reason = std::move(reason);
  if (phase_ == phase::over) return;
  mailbox_.emplace_back(exited{name, watch});
  news_.notify();
}

// "do_terminate", "shutdown"
asio::awaitable<void> supervisor_life::terminate_process(supervised_child& child) {
  const auto watch = child.watch;
  if (watch && !watch->ended && !owner_.gone()) {
    child.state = child_state::terminating;
    const auto limit = child.time_to_end();
    if (limit == child_spec::brutal_kill) {
      child.running->abort();
    } else {
      child.running->shutdown();
      give_time(limit);
    }
    while (!watch->ended && !owner_.gone()) {
      co_await sleep();
      if (std::exchange(time_is_up_, false)) child.running->abort();
    }
    ++waits_;
    timer_.cancel();
    time_is_up_ = false;
    if (limit != child_spec::brutal_kill) report_unless_in_order(child, *watch);
  }
  let_go(child);
}

// "shutdown_error". The code in the Close frames does not count, since the supervisor chose it.
void supervisor_life::report_unless_in_order(const supervised_child& child,
                                             const process_watch& watch) const {
  if (!watch.ended) return;
  const std::error_code error = child.is_supervisor ? *watch.ended : watch.reason.error;
  if (error) report_end(child, "did not end in order", error, watch);
}

void supervisor_life::give_time(std::chrono::milliseconds limit) {
  if (limit == child_spec::infinity) return;
  timer_.expires_after(limit);
  auto passed = [self = owner_.shared_from_this(), this, number = ++waits_](std::error_code) {
    if (number != waits_) return;
    time_is_up_ = true;
    news_.notify();
  };
  timer_.async_wait_due(std::move(passed));
}

void supervisor_life::let_go(supervised_child& child) noexcept {
  child.state = child_state::not_running;
  child.watch.reset();
  if (const auto process = std::exchange(child.running, nullptr)) {
    owner_.running().remove(child.spec.name);
    process->kill();
  }
}

}  // namespace wsx::detail
