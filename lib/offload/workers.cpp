#include "../client/action_steps.hpp"
#include "../client/engine.hpp"
#include "offload.hpp"

#include <wsx/error.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>

#include <new>
#include <utility>

// The workers' half: they take messages, call the handler, and say what they want of the client.

namespace wsx::detail {

namespace {

// How many messages a worker handles before other work of its pool gets its turn.
constexpr int burst = 32;

bool wants_nothing(const lane_job& job) noexcept {
  const auto* const wanted = std::get_if<action>(&job.wanted);
  return wanted != nullptr && !action_steps(*wanted);
}

void interrupt(const std::shared_ptr<coroutine_run>& coroutine) noexcept {
  try {
    post_on(coroutine->serial, [coroutine] {
      coroutine->interrupted = true;
      coroutine->signal.emit(asio::cancellation_type::terminal);
    });
  } catch (...) {  // no memory: it runs to its end
  }
}

}  // namespace

std::size_t size_of_reply(const lane_job& result) noexcept {
  std::size_t size = 0;
  if (const auto* const wanted = std::get_if<action>(&result.wanted)) {
    for (action_steps step(*wanted); step; step.next()) size += step.frame().payload.size();
  }
  return size;
}

// On the pool, as one of `workers_`.
void offload::start_worker() {
  try {
    asio::post(pool_, [self = shared_from_this()] { self->work(); });
  } catch (...) {  // no memory: the next message tries again
    const std::lock_guard lock(mutex_);
    --workers_;
  }
}

void offload::work() {
  for (int left = burst; left > 0; --left) {
    lane_job* const job = begin();
    if (job == nullptr) return;
    if (!calls_.work(*handler_, *job)) return;
  }
  worker_ended();
}

// Returns null, and this worker is none any more, if there is nothing to do.
lane_job* offload::begin() {
  lane_job* job = nullptr;
  bool starts = false;
  {
    const std::lock_guard lock(mutex_);
    if (!failing_ && !results_full()) job = lanes_.begin();
    if (job == nullptr) {
      --workers_;
      return nullptr;
    }
    job->keep = keeper_.lock();
    if (wants_room_) tell();
    starts = wants_worker();
  }
  if (starts) start_worker();
  return job;
}

void offload::worker_ended() {
  bool starts = false;
  {
    const std::lock_guard lock(mutex_);
    --workers_;
    starts = wants_worker();
  }
  if (starts) start_worker();
}

bool offload::wants_worker() noexcept {
  if (failing_ || results_full() || !lanes_.any_ready() || workers_ >= options_.workers)
    return false;
  ++workers_;
  return true;
}

bool offload::results_full() const noexcept {
  return results_.size() >= options_.max_messages || result_bytes_ > options_.max_bytes;
}

// Everything of a coroutine happens on its strand: its beginning comes before an interruption.
void offload::run(lane_job& job, asio::awaitable<action> callback) {
  auto coroutine = std::make_shared<coroutine_run>(pool_);
  auto begin = [self = shared_from_this(), coroutine, &job,
                callback = std::move(callback)]() mutable {
    auto through = [self, coroutine, &job](const std::exception_ptr& thrown, action wanted) {
      if (!thrown) {
        job.wanted = std::move(wanted);
      } else if (!coroutine->interrupted) {  // otherwise it throws because of that
        job.wanted = thrown;
      }
      self->ended(job);
      self->worker_ended();
    };
    asio::co_spawn(coroutine->serial, std::move(callback),
                   asio::bind_cancellation_slot(coroutine->signal.slot(), std::move(through)));
  };
  const std::lock_guard lock(mutex_);
  post_on(coroutine->serial, std::move(begin));
  job.coroutine = coroutine;
  if (interrupting_) interrupt(coroutine);
}

// If its client is gone and no other job runs, this destroys the handler.
void offload::ended(lane_job& job) noexcept {
  jobs done;
  const auto keep = std::move(job.keep);
  job.what = {};
  const std::lock_guard lock(mutex_);
  done = lanes_.end(job);
  ++stats_.handled;
  failing_ |= std::holds_alternative<std::exception_ptr>(job.wanted);
  if (client_ != nullptr && !wants_nothing(job)) keep_result(std::move(done));
  if (finishing_) tell();
}

void offload::keep_result(jobs&& one) noexcept {
  result_bytes_ += size_of_reply(one.front());
  results_.splice(results_.end(), one);
  tell();
}

// Without memory to reach the strand, the next result tries again.
void offload::tell() noexcept {
  if (told_ || held_ || !home_) return;
  try {
    post_on(*home_, [self = shared_from_this()] { self->drain(); });
    told_ = true;
  } catch (...) {}
}

std::error_code offload::add(const lane_job& from, action&& step) {
  jobs one;
  one.emplace_back(*this, message(), from.from);
  one.front().wanted = std::move(step);
  const std::lock_guard lock(mutex_);
  if (client_ == nullptr || client_->state().connection() != from.from->connection)
    return errc::not_connected;
  if (const auto error = client_->state().not_open(); error != errc{}) return error;
  if (results_full()) return errc::queue_full;
  keep_result(std::move(one));
  return {};
}

bool offload::post(const lane_job& from, std::unique_ptr<mail> message) {
  jobs one;
  one.emplace_back(*this, wsx::message(), from.from);
  one.front().wanted = std::move(message);
  const std::lock_guard lock(mutex_);
  if (client_ == nullptr) return false;
  keep_result(std::move(one));
  return true;
}

bool offload::is_current(const lane_job& from) const {
  const std::lock_guard lock(mutex_);
  return client_ != nullptr && client_->state().connection() == from.from->connection &&
         client_->state().current_phase() == phase::open;
}

void offload::interrupt_all() noexcept {
  interrupting_ = true;
  for (const lane_job& job : lanes_.running()) {
    if (job.coroutine) interrupt(job.coroutine);
  }
}

}  // namespace wsx::detail
