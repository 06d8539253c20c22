#include "offload.hpp"

#include "../client/engine.hpp"

#include <asio/cancellation_state.hpp>
#include <asio/error.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

// The strand's half: messages go in, and what workers want of the client comes out.

namespace wsx::detail {

namespace {

offload_options checked(offload_options o) {
  if (o.max_messages == 0) throw std::invalid_argument("wsx: max_messages must be at least 1");
  if (o.workers == 0) o.workers = std::max(std::thread::hardware_concurrency(), 1U);
  return o;
}

// The timer that a callback waits for, known while it does.
class known_timer {
 public:
  known_timer(const strand& s, asio::steady_timer*& known)
      : timer_(s, std::chrono::steady_clock::time_point::max()), known_(known) {
    known_ = &timer_;
  }
  ~known_timer() { known_ = nullptr; }
  known_timer(const known_timer&) = delete;
  known_timer& operator=(const known_timer&) = delete;

  asio::steady_timer& operator*() noexcept { return timer_; }

 private:
  asio::steady_timer timer_;
  asio::steady_timer*& known_;
};

// Fails the callback that it is delivered to.
class failure_mail final : public mail {
 public:
  explicit failure_mail(std::exception_ptr what) noexcept
      : what_(std::move(what)) {}  // NOLINT(bugprone-throw-keyword-missing): it is kept

  bool is_async() const noexcept override { return false; }
  void deliver(callback_context& to) override { to.failed(what_); }
  asio::awaitable<void> deliver_async(callback_context&) override { return nothing(); }

 private:
  std::exception_ptr what_;
};

}  // namespace

offload::offload(asio::any_io_executor pool, offload_options options, offload_calls calls)
    : pool_(std::move(pool)),
      options_(checked(std::move(options))),
      calls_(calls),
      lanes_(options_.max_messages, options_.max_bytes) {}

void offload::held(const std::shared_ptr<offload_base>& handler) noexcept {
  handler_ = handler.get();
  keeper_ = handler;
}

// Messages.

asio::awaitable<void> offload::take(session& client, message received) {
  see(client);
  const std::string key = key_of(received);
  jobs one;
  one.emplace_back(*this, received, origin_);
  try {
    while (!push(key, one)) {
      auto waiting = news();
      co_await std::move(waiting);
      const asio::cancellation_state now = co_await asio::this_coro::cancellation_state;
      if (now.cancelled() != asio::cancellation_type::none)
        throw std::system_error(asio::error::operation_aborted);
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    stats_.dropped += one.size();
    throw;
  }
}

void offload::see(session& client) {
  engine& e = client.engine_;
  const connection_info& info = client.connection();
  if (origin_ && origin_->info.number == info.number) return;
  origin_ = std::make_shared<const message_origin>(message_origin{e.state().connection(), info});
  const std::lock_guard lock(mutex_);
  client_ = &e;
  home_ = e.serial();
}

std::string offload::key_of(const message& received) const {
  if (options_.key) return options_.key(received);
  return calls_.key != nullptr ? calls_.key(*handler_, received) : std::string();
}

// Returns false if there is no room; then a worker will notify.
bool offload::push(const std::string& key, jobs& one) {
  jobs dropped;
  bool placed = false;
  bool starts = false;
  {
    const std::lock_guard lock(mutex_);
    const bool waited = std::exchange(wants_room_, false);
    placed = place(key, one, dropped);
    wants_room_ = !placed;
    if (placed) ++stats_.queued;
    if (!placed && !waited) ++stats_.waits;
    starts = wants_worker();
  }
  if (starts) start_worker();
  tell_dropped(dropped);
  return placed;
}

bool offload::place(const std::string& key, jobs& one, jobs& dropped) {
  if (options_.policy == overflow_policy::conflate && lanes_.replace(key, one)) {
    ++stats_.conflated;
    dropped.splice(dropped.end(), one);
    return true;
  }
  const std::size_t size = one.front().what.text().size();
  while (options_.policy == overflow_policy::drop_oldest && !lanes_.has_room(size)) {
    dropped.splice(dropped.end(), lanes_.drop_oldest());
    ++stats_.dropped;
  }
  if (!lanes_.has_room(size)) return false;
  lanes_.add(key, std::move(one));
  return true;
}

void offload::tell_dropped(const jobs& dropped) const {
  if (calls_.dropped == nullptr) return;
  for (const lane_job& job : dropped) calls_.dropped(*handler_, job.what);
}

// Waits until a worker notifies, or the callback is interrupted.
asio::awaitable<void> offload::news() {
  known_timer timer(client_->serial(), news_);
  std::error_code ignored;
  co_await (*timer).async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

// The end.

asio::awaitable<void> offload::finish(bool at_once) {
  // An interruption ends nothing here: the handler must live as long as its workers run.
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto busy = [this] {
    const std::lock_guard lock(mutex_);
    return client_ != nullptr && !(lanes_.idle() && results_.empty());
  };
  {
    jobs dropped;
    const std::lock_guard lock(mutex_);
    finishing_ = true;
    if (at_once) drop_all(dropped);
    if (at_once) interrupt_all();
  }
  while (busy()) {
    auto waiting = news();
    co_await std::move(waiting);
  }
  {
    const std::lock_guard lock(mutex_);
    client_ = nullptr;
    home_.reset();
  }
  co_await asio::this_coro::throw_if_cancelled(true);
}

void offload::released() noexcept {
  jobs dropped;
  jobs results;
  const std::lock_guard lock(mutex_);
  client_ = nullptr;
  home_.reset();
  drop_all(dropped);
  results.swap(results_);
  interrupt_all();
}

void offload::drop_all(jobs& dropped) noexcept {
  dropped = lanes_.drop_all();
  stats_.dropped += dropped.size();
}

// What workers want of the client.

void offload::drain() {
  std::shared_ptr<engine> client;
  {
    const std::lock_guard lock(mutex_);
    told_ = false;
    if (client_ != nullptr) client = client_->shared_from_this();
  }
  if (!client) return;
  while (apply_next(*client)) {}
  bool starts = false;
  {
    const std::lock_guard lock(mutex_);
    starts = wants_worker();
  }
  if (starts) start_worker();
  if (news_ != nullptr) news_->cancel();
}

// Returns false if there is nothing to do, or nothing may be done for now.
bool offload::apply_next(engine& client) {
  link* const open = client.life().open().transport.get();
  const bool congested = open != nullptr && open->connection().congested();
  jobs next;
  {
    const std::lock_guard lock(mutex_);
    if (client_ == nullptr || held_ || results_.empty()) return false;
    held_ = congested;
    if (!congested) {
      next.splice(next.end(), results_, results_.begin());
      result_bytes_ -= size_of_reply(next.front());
    }
  }
  if (congested) {
    resume_after_flush(client);
    return false;
  }
  apply(client, next.front());
  return true;
}

void offload::apply(engine& client, lane_job& result) {
  if (auto* const posted = std::get_if<std::unique_ptr<mail>>(&result.wanted)) {
    constexpr bool urgent = false;
    if (!client.post(std::move(*posted), urgent)) return;
  } else if (auto* const thrown = std::get_if<std::exception_ptr>(&result.wanted)) {
    return fail(client, std::move(*thrown));
  } else if (client.apply_action(std::get<action>(result.wanted), result.from->info.number)) {
    return;
  }
  const std::lock_guard lock(mutex_);
  ++stats_.replies_dropped;
}

// What waits is not handled any more, as after a callback on the strand has thrown.
void offload::fail(engine& client, std::exception_ptr what) {
  {
    jobs dropped;
    const std::lock_guard lock(mutex_);
    failing_ = false;
    drop_all(dropped);
  }
  lifecycle& life = client.life();
  if (life.callback().interrupted()) {  // what that one throws is taken for the interruption
    constexpr bool urgent = true;
    client.post(std::make_unique<failure_mail>(std::move(what)), urgent);
    return;
  }
  life.callback_failed(std::move(what));
  life.pump();
  life.wake();
}

// The server does not take replies as fast as the workers make them.
void offload::resume_after_flush(engine& client) {
  auto resume = [self = shared_from_this()](std::error_code) {
    {
      const std::lock_guard lock(self->mutex_);
      self->held_ = false;
    }
    self->drain();
  };
  client.flush(client.next_ticket(), {std::move(resume), client.serial()});
}

offload_stats offload::stats() const {
  const std::lock_guard lock(mutex_);
  offload_stats now = stats_;
  now.waiting = lanes_.waiting();
  now.waiting_bytes = lanes_.bytes();
  now.running = lanes_.running().size();
  return now;
}

}  // namespace wsx::detail
