#include "supervisor_life.hpp"

#include "../protocol/display.hpp"
#include "../to_string/units.hpp"
#include "supervision.hpp"

#include <wsx/error.hpp>
#include <wsx/log.hpp>
#include <wsx/to_string.hpp>

#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <exception>
#include <iterator>
#include <utility>

// What a supervisor does: its start, the requests, the restarts and its end.

namespace wsx::detail {

namespace {

using protocol::quote;

std::error_code fault_of(const child_spec& spec) {
  const bool in_range = spec.shutdown.value_or(child_spec::brutal_kill).count() >= 0;
  return spec.start && in_range ? errc{} : errc::invalid_option;
}

// Whether a child ended in a way that lets a transient one rest. A supervisor that gave up exits
// with `shutdown`, which counts as such. supervisor.erl, "do_restart".
bool ended_normally(const supervised_child& child, std::error_code error) {
  return !error || (child.is_supervisor && error == errc::reached_max_restart_intensity);
}

// What is known about a failure, or the text of its code.
std::string words_for(std::error_code error, const std::string& known) {
  return known.empty() ? error.message() : known;
}

std::error_code not_at_rest(child_list::iterator child, child_list& all) {
  if (child == all.end()) return errc::child_not_found;
  if (child->state == child_state::not_running) return {};
  return child->running ? errc::child_running : errc::child_restarting;
}

}  // namespace

supervisor_life::supervisor_life(supervision& owner, const strand& s,
                                 const supervisor_options& options,
                                 std::vector<child_spec> children)
    : owner_(owner),
      serial_(s),
      options_(options),
      intensity_(options.intensity, options.period),
      timer_(s, client_clock(s.get_inner_executor())) {
  if (options.period.count() <= 0) error_ = errc::invalid_option;
  for (auto& each : children) {
    if (!error_) error_ = fault_of(each);
    const bool added = children_.add(std::move(each)) != children_.end();
    if (!error_ && !added) error_ = errc::child_already_present;
  }
}

// Called from outside.

void supervisor_life::start(ticket t) {
  phase_ = phase::starting;
  start_ticket_ = t;
  auto self = owner_.shared_from_this();
  auto ended = [self, this](const std::exception_ptr& what) {
    if (what) crashed();
  };
  asio::co_spawn(serial_, run(std::move(self)), std::move(ended));
}

void supervisor_life::push(supervisor_call call) {
  mailbox_.emplace_back(std::move(call));
  news_.notify();
}

void supervisor_life::stop() {
  stop_wanted_ = true;
  if (phase_ != phase::idle && phase_ != phase::over) news_.notify();
}

void supervisor_life::kill() {
  if (phase_ == phase::idle) return finish({});
  if (phase_ != phase::over) news_.notify();
}

bool supervisor_life::stopping() const noexcept {
  return stop_wanted_ || result_ || owner_.gone();
}

// The life.

asio::awaitable<void> supervisor_life::run(std::shared_ptr<supervision> self) {
  supervisor_life& life = self->life();
  const std::error_code error = co_await life.init();
  if (!error) co_await life.serve();
  co_await life.terminate_children(life.children_.begin(), life.children_.end());
  life.finish(error);
}

asio::awaitable<std::error_code> supervisor_life::init() {
  if (error_) co_return result_ = error_;
  const auto failed = co_await start_children(children_.begin(), children_.end());
  if (stopping()) co_return errc::aborted;
  if (failed != children_.end()) {
    failure_ = fmt::format("child {}: {}", quote(failed->spec.name), words_for(error_, failure_));
    co_return result_ = error_;
  }
  phase_ = phase::running;
  owner_.complete(start_ticket_, {}, {});
  co_return std::error_code();
}

asio::awaitable<void> supervisor_life::serve() {
  while (!stopping()) {
    if (mailbox_.empty()) {
      co_await sleep();
      continue;
    }
    event next = std::move(mailbox_.front());
    mailbox_.pop_front();
    co_await handle(std::move(next));
    // Gives others a turn, even if children fail as soon as they are started.
    co_await asio::post(serial_, asio::use_awaitable);
  }
}

asio::awaitable<void> supervisor_life::sleep() {
  if (!news_.take_notification()) co_await news_.wait();
}

asio::awaitable<void> supervisor_life::handle(event next) {
  if (auto* const call = std::get_if<supervisor_call>(&next)) {
    // Unless it was canceled.
    if (owner_.awaited(call->number)) co_await handle_call(*call);
  } else if (const auto* const what = std::get_if<exited>(&next)) {
    co_await handle_exit(*what);
  } else {
    co_await handle_try_again(std::get<try_again>(next).name);
  }
}

void supervisor_life::crashed() {
  owner_.running().kill_all();
  result_ = errc::internal_failure;
  finish(result_);
}

void supervisor_life::finish(std::error_code start_error) {
  phase_ = phase::over;
  if (owner_.gone()) result_ = start_error = errc::aborted;
  for (auto& each : children_) let_go(each);
  mailbox_.clear();
  owner_.complete(start_ticket_, start_error,
                  "cannot start the supervisor: " + words_for(start_error, failure_));
  owner_.ended(result_);
}

// Requests.

asio::awaitable<void> supervisor_life::handle_call(supervisor_call& call) {
  using enum supervision_ref::request;
  switch (call.what) {
    case start_child: co_return co_await this->start_child(call.number, std::move(*call.spec));
    case replace_child_spec: co_return this->replace_child_spec(call.number, std::move(*call.spec));
    case terminate_child: co_return co_await this->terminate_child(call.number, call.name);
    case restart_child: co_return co_await this->restart_child(call.number, call.name);
    case delete_child: co_return this->delete_child(call.number, call.name);
  }
}

void supervisor_life::complete(ticket t, std::error_code error, std::string_view doing,
                               const std::string& name) {
  if (!error) return owner_.complete(t, error, {});
  const std::string words = words_for(error, std::exchange(failure_, {}));
  owner_.complete(t, error, fmt::format("cannot {} child {}: {}", doing, quote(name), words));
}

asio::awaitable<void> supervisor_life::start_child(ticket t, child_spec spec) {
  const std::string name = spec.name;
  std::error_code error = fault_of(spec);
  if (const auto there = children_.find(name); !error && there != children_.end())
    error = there->running ? errc::child_running : errc::child_already_present;
  if (!error) {
    const auto added = children_.add(std::move(spec));
    error = co_await start_process(*added);
    if (error || (added->temporary() && !added->running)) children_.remove(added);
  }
  complete(t, error, "start", name);
}

asio::awaitable<void> supervisor_life::terminate_child(ticket t, const std::string& name) {
  const auto found = children_.find(name);
  if (found == children_.end()) {
    complete(t, errc::child_not_found, "terminate", name);
    co_return;
  }
  co_await terminate_children(found, std::next(found));
  complete(t, {}, "terminate", name);
}

asio::awaitable<void> supervisor_life::restart_child(ticket t, const std::string& name) {
  const auto found = children_.find(name);
  std::error_code error = not_at_rest(found, children_);
  if (!error) error = co_await start_process(*found);
  complete(t, error, "restart", name);
}

void supervisor_life::delete_child(ticket t, const std::string& name) {
  const auto found = children_.find(name);
  const std::error_code error = not_at_rest(found, children_);
  if (!error) children_.remove(found);
  complete(t, error, "delete", name);
}

// "update_chsp"
void supervisor_life::replace_child_spec(ticket t, child_spec spec) {
  const auto found = children_.find(spec.name);
  std::error_code error = fault_of(spec);
  if (!error && found == children_.end()) error = errc::child_not_found;
  const std::string name = spec.name;
  if (!error) children_.replace(found, std::move(spec));
  complete(t, error, "replace the spec of", name);
}

// Restarts.

asio::awaitable<void> supervisor_life::handle_exit(const exited& what) {
  const auto child = children_.find(what.name);
  if (child == children_.end() || child->watch != what.watch) co_return;
  const std::error_code error = *what.watch->ended;
  const bool normally = ended_normally(*child, error);
  const bool permanent = child->spec.restart == restart_type::permanent;
  if (permanent || !normally) report_end(*child, "has ended", error, *what.watch);
  let_go(*child);
  if (child->temporary()) {
    children_.remove(child);
  } else if (permanent || !normally) {
    co_await restart(child);
  }
}

asio::awaitable<void> supervisor_life::handle_try_again(const std::string& name) {
  const auto child = children_.find(name);
  if (child != children_.end() && child->state == child_state::restarting) co_await restart(child);
}

// "restart"
asio::awaitable<void> supervisor_life::restart(iterator child) {
  if (!intensity_.add(timer_.clock().now())) {
    child->state = child_state::not_running;
    result_ = errc::reached_max_restart_intensity;
    report(fmt::format("gives up: child {} would be restart {} within {}", quote(child->spec.name),
                       std::uint64_t{options_.intensity} + 1, ms_of(options_.period)));
    co_return;
  }
  auto [first, last] = affected_by(child);
  first = co_await terminate_children(first, last);
  const auto failed = co_await start_children(first, last);
  if (failed == last || stopping()) co_return;
  report(fmt::format("cannot restart child {}: {}", quote(failed->spec.name),
                     words_for(error_, std::exchange(failure_, {}))));
  failed->state = child_state::restarting;
  mailbox_.emplace_back(try_again{failed->spec.name});
}

std::pair<supervisor_life::iterator, supervisor_life::iterator> supervisor_life::affected_by(
    iterator child) {
  switch (options_.strategy) {
    case restart_strategy::one_for_one: break;
    case restart_strategy::one_for_all: return {children_.begin(), children_.end()};
    case restart_strategy::rest_for_one: return {child, children_.end()};
  }
  return {child, std::next(child)};
}

// Returns the first child that cannot be started, or `last`.
asio::awaitable<supervisor_life::iterator> supervisor_life::start_children(iterator first,
                                                                           iterator last) {
  for (auto child = first; child != last;) {
    if (stopping()) co_return child;
    const std::error_code error = co_await start_process(*child);
    if (error) co_return child;
    const bool nothing = child->temporary() && !child->running;
    child = nothing ? children_.remove(child) : std::next(child);
  }
  co_return last;
}

// In reverse order. Removes temporary children. Returns the first of the children that are left.
asio::awaitable<supervisor_life::iterator> supervisor_life::terminate_children(iterator first,
                                                                               iterator last) {
  for (auto child = last; child != first;) {
    --child;
    co_await terminate_process(*child);
    if (!child->temporary()) continue;
    const bool was_first = child == first;
    child = children_.remove(child);
    if (was_first) first = child;
  }
  co_return first;
}

void supervisor_life::report(const std::string& what) const {
  log_report(fmt::format("{}: {}", protocol::escape(options_.name), what));
}

void supervisor_life::report_end(const supervised_child& child, std::string_view how,
                                 std::error_code error, const process_watch& watch) const {
  std::string words = watch.reason.diagnostics.message;
  if (words.empty()) words = error ? error.message() : "normally";
  report(fmt::format("child {} {}: {}", quote(child.spec.name), how, words));
}

}  // namespace wsx::detail
