#include "supervision.hpp"

#include <wsx/error.hpp>

#include <asio/co_spawn.hpp>
#include <asio/error.hpp>

#include <exception>
#include <new>
#include <utility>

namespace wsx::detail {

supervision::supervision(const asio::any_io_executor& executor, const supervisor_options& options,
                         std::vector<child_spec> children)
    : context_hook(executor),
      serial_(as_strand(executor)),
      life_(*this, serial_, options, std::move(children)) {}

void supervision::start(ticket t, diagnostics* details, completion<std::error_code> done) {
  operation_memory* const memory = done.memory();
  auto begin = [self = shared_from_this(), t, details, done = std::move(done)]() mutable {
    if (self->gone()) return done(errc::aborted);
    if (self->life_.current_phase() != supervisor_life::phase::idle) {
      if (details) details->message = "the supervisor runs or has ended: make another one";
      return done(errc::already_started);
    }
    self->waiting_.emplace(t, waiting_call{details, std::move(done)});
    self->life_.start(t);
  };
  post_on(serial_, std::move(begin), memory);
}

void supervision::call(supervisor_call what, diagnostics* details,
                       completion<std::error_code> done) {
  operation_memory* const memory = done.memory();
  auto ask = [self = shared_from_this(), what = std::move(what), details,
              done = std::move(done)]() mutable {
    using enum supervisor_life::phase;
    const auto now = self->life_.current_phase();
    if (now == idle || now == over) return done(self->gone() ? errc::aborted : errc::no_supervisor);
    self->waiting_.emplace(what.number, waiting_call{details, std::move(done)});
    self->life_.push(std::move(what));
  };
  post_on(serial_, std::move(ask), memory);
}

void supervision::stop(ticket t, completion<std::error_code> done) {
  operation_memory* const memory = done.memory();
  auto begin = [self = shared_from_this(), t, done = std::move(done)]() mutable {
    using enum supervisor_life::phase;
    const auto now = self->life_.current_phase();
    if (now == idle || now == over) return done({});
    self->stops_.add(t, std::move(done));
    self->life_.stop();
  };
  post_on(serial_, std::move(begin), memory);
}

void supervision::stop() {
  post_on(serial_, [self = shared_from_this()] { self->life_.stop(); });
}

void supervision::join(ticket t, completion<std::error_code> done) {
  operation_memory* const memory = done.memory();
  auto begin = [self = shared_from_this(), t, done = std::move(done)]() mutable {
    if (self->life_.current_phase() == supervisor_life::phase::over)
      return done(self->life_.how_it_ended());
    self->joins_.add(t, std::move(done));
  };
  post_on(serial_, std::move(begin), memory);
}

void supervision::cancel(ticket t) {
  post_on(serial_, [self = shared_from_this(), t] {
    const std::error_code canceled = asio::error::operation_aborted;
    self->complete(t, canceled, {});
    self->stops_.complete(t, canceled);
    self->joins_.complete(t, canceled);
  });
}

void supervision::kill() noexcept {
  gone_.store(true, std::memory_order_relaxed);
  running_.kill_all();
  try {
    dispatch_on(serial_, [self = shared_from_this()] { self->life_.kill(); });
  } catch (const std::bad_alloc&) {
    // The children have ended; the rest is destroyed with the context.
  }
}

void supervision::complete(ticket t, std::error_code error, const std::string& what) {
  auto call = waiting_.extract(t);
  if (call.empty()) return;
  if (call.mapped().details != nullptr && error) call.mapped().details->message = what;
  call.mapped().done(error);
}

void supervision::ended(std::error_code how) {
  auto left = std::exchange(waiting_, {});
  for (auto& each : left) each.second.done(gone() ? errc::aborted : errc::no_supervisor);
  stops_.complete_all({});
  joins_.complete_all(how);
}

// Queries, which do not wait for the mailbox.

void supervision::get_childspec(std::string name,
                                completion<std::error_code, std::optional<child_spec>> done) {
  operation_memory* const memory = done.memory();
  auto answer = [self = shared_from_this(), name = std::move(name),
                 done = std::move(done)]() mutable {
    auto& children = self->life_.children();
    const auto found = children.find(name);
    if (found == children.end()) return done(errc::child_not_found, std::nullopt);
    done({}, found->spec);
  };
  post_on(serial_, std::move(answer), memory);
}

void supervision::which_children(completion<std::vector<child_info>> done) {
  operation_memory* const memory = done.memory();
  auto answer = [self = shared_from_this(), done = std::move(done)]() mutable {
    std::vector<child_info> all;
    all.reserve(self->life_.children().size());
    for (const auto& each : self->life_.children()) all.push_back(each.info());
    done(std::move(all));
  };
  post_on(serial_, std::move(answer), memory);
}

void supervision::count_children(completion<child_counts> done) {
  operation_memory* const memory = done.memory();
  auto answer = [self = shared_from_this(), done = std::move(done)]() mutable {
    child_counts counts{.specs = self->life_.children().size()};
    for (const auto& each : self->life_.children()) {
      if (each.running && !each.ended()) ++counts.active;
      ++(each.is_supervisor ? counts.supervisors : counts.workers);
    }
    done(counts);
  };
  post_on(serial_, std::move(answer), memory);
}

// The execution context is destroyed: no handler is called any more.
void supervision::drop_handlers() noexcept {
  const auto self = weak_from_this().lock();
  if (!self) return;
  waiting_.clear();
  stops_.drop();
  joins_.drop();
  life_.drop_handlers();
}

}  // namespace wsx::detail
