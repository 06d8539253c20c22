#include "offload.hpp"

#include <wsx/close_reason.hpp>
#include <wsx/detail/handler_holder.hpp>
#include <wsx/error.hpp>

#include <asio/thread_pool.hpp>

#include <utility>

namespace wsx::detail {

namespace {

// The threads of all handlers without a pool of their own. They end with the process.
asio::thread_pool& shared_pool() {
  static asio::thread_pool pool;
  return pool;
}

lane_job& as_lane_job(offload_job& job) noexcept {
  return static_cast<lane_job&>(job);
}

}  // namespace

offload_ref::offload_ref(asio::any_io_executor pool, offload_options options, offload_calls calls)
    : offload_(std::make_shared<offload>(std::move(pool), std::move(options), calls)) {}

offload_ref::offload_ref(offload_options options, offload_calls calls)
    : offload_ref(shared_pool().get_executor(), std::move(options), calls) {}

void offload_owner::hold(const std::shared_ptr<offload_base>& handler) noexcept {
  handler->queue_.offload_->held(handler);
}

void offload_owner::release(offload_base& handler) noexcept {
  handler.queue_.offload_->released();
}

asio::awaitable<void> offload_ref::take(wsx::session& client, message received) const {
  return offload_->take(client, received);
}

asio::awaitable<void> offload_ref::finish(const close_reason& reason) const {
  return offload_->finish(reason.error == errc::aborted || reason.error == errc::handler_failed);
}

offload_stats offload_ref::stats() const {
  return offload_->stats();
}

message offload_job::what() const noexcept {
  return static_cast<const lane_job&>(*this).what;
}

worker_session& offload_job::session() noexcept {
  return session_;
}

void offload_job::finished(action wanted) noexcept {
  lane_job& job = as_lane_job(*this);
  job.wanted = std::move(wanted);
  owner_.ended(job);
}

void offload_job::failed(std::exception_ptr what) noexcept {
  lane_job& job = as_lane_job(*this);
  job.wanted = std::move(what);
  owner_.ended(job);
}

void offload_job::run(asio::awaitable<action> callback) {
  owner_.run(as_lane_job(*this), std::move(callback));
}

}  // namespace wsx::detail

namespace wsx {

const connection_info& worker_session::connection() const noexcept {
  return detail::as_lane_job(job_).from->info;
}

bool worker_session::is_current() const noexcept {
  return owner_.is_current(detail::as_lane_job(job_));
}

std::error_code worker_session::add(action&& step) {
  return owner_.add(detail::as_lane_job(job_), std::move(step));
}

bool worker_session::post_mail(std::unique_ptr<detail::mail> message) {
  return owner_.post(detail::as_lane_job(job_), std::move(message));
}

}  // namespace wsx
