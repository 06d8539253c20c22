#include "lookup_threads.hpp"

#include <wsx/fork_count.hpp>

#include <asio/error.hpp>
#include <asio/execution/context.hpp>
#include <asio/io_context.hpp>
#include <asio/query.hpp>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#if __has_include(<sys/socket.h>)
#include <csignal>
#endif

namespace wsx {

namespace {

// A thread that is made meanwhile blocks all signals: the handlers of the program run on its own.
class blocked_signals {
 public:
#if __has_include(<sys/socket.h>)
  blocked_signals() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    blocked_ = ::pthread_sigmask(SIG_BLOCK, &all, &before_) == 0;
  }
  ~blocked_signals() {
    if (blocked_) ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t before_{};
  bool blocked_ = false;

 public:
#else
  blocked_signals() noexcept {}
  ~blocked_signals() {}
#endif
  blocked_signals(const blocked_signals&) = delete;
  blocked_signals& operator=(const blocked_signals&) = delete;
};

}  // namespace

// Asio's own resolver has one thread per context, and a context waits for it. Its blocking call
// knows the systems' differences.
lookup_result look_up_blocking(const std::string& host, std::uint16_t port) {
  lookup_result result;
  asio::io_context unused;
  const auto found = asio::ip::tcp::resolver(unused).resolve(
      host, std::to_string(port), asio::ip::tcp::resolver::numeric_service, result.error);
  for (const auto& each : found) result.found.push_back(each.endpoint());
  return result;
}

class lookup_threads::job {
 public:
  job(std::shared_ptr<lookup> to, std::string host, std::uint16_t port)
      : to_(std::move(to)),
        context_(&asio::query(to_->serial, asio::execution::context)),
        host_(std::move(host)),
        port_(port) {}

  lookup_result perform(function find) const noexcept {
    lookup_result failed;
    try {
      return find(host_, port_);
    } catch (...) {
      failed.exception = std::current_exception();
    }
    return failed;
  }

  // With the mutex held: the context can't end meanwhile.
  void deliver(lookup_result result) noexcept {
    if (!to_) return;
    const strand serial = to_->serial;
    auto give = [to = std::move(to_), r = std::move(result)]() mutable {
      to->finish(std::move(r));
    };
    try {
      post_on(serial, std::move(give));
    } catch (...) {
      // There is no memory to say so: `connect_timeout` ends the attempt.
    }
  }

  // With the mutex held. The caller destroys the result without.
  std::shared_ptr<lookup> take() noexcept { return std::move(to_); }
  bool is_of(const asio::execution_context& context) const noexcept {
    return to_ && context_ == &context;
  }

 private:
  std::shared_ptr<lookup> to_;  // null: nobody waits
  const asio::execution_context* context_;
  const std::string host_;
  const std::uint16_t port_;
};

// Tells those whose lookups a context has had that it ends.
class lookup_threads::context_end final : public asio::execution_context::service {
 public:
  using key_type = context_end;
  static asio::execution_context::id id;

  explicit context_end(asio::execution_context& context)
      : asio::execution_context::service(context) {}

  void tell(const std::shared_ptr<lookup_threads>& whom) {
    const std::lock_guard lock(mutex_);
    if (std::ranges::find(used_, whom) == used_.end()) used_.push_back(whom);
  }

 private:
  void shutdown() override {
    for (const auto& each : used_) each->context_ends(context());
  }

  std::mutex mutex_{};
  std::vector<std::shared_ptr<lookup_threads>> used_{};
};

asio::execution_context::id lookup_threads::context_end::id;

// Never destroyed, since its threads may be busy at the end of the process. In a forked process the
// threads of its parent don't exist, and the mutex may be locked forever.
lookup_threads& lookup_threads::of_process() {
  struct generation {
    std::shared_ptr<lookup_threads> threads;
    generation* before;
  };
  static std::atomic<generation*> newest{nullptr};
  generation* known = newest.load(std::memory_order_acquire);
  while (known == nullptr || known->threads->forked()) {
    auto made = std::make_unique<generation>();
    made->threads = std::make_shared<lookup_threads>(look_up_blocking, default_most, default_idle);
    made->before = known;
    if (newest.compare_exchange_strong(known, made.get(), std::memory_order_acq_rel))
      known = made.release();
  }
  return *known->threads;
}

lookup_threads::lookup_threads(function find, std::size_t most, std::chrono::milliseconds idle)
    : find_(find), most_(most), idle_time_(idle), forks_(fork_count()) {}

bool lookup_threads::forked() const noexcept {
  return forks_ != fork_count();
}

std::shared_ptr<lookup_threads::job> lookup_threads::add(std::shared_ptr<lookup> to,
                                                         std::string host, std::uint16_t port) {
  auto& context = asio::query(to->serial, asio::execution::context);
  asio::use_service<context_end>(context).tell(shared_from_this());
  auto added = std::make_shared<job>(std::move(to), std::move(host), port);
  const std::lock_guard lock(mutex_);
  waiting_.push_back(added);
  try {
    running_.reserve(threads_ + 1);
    if (waiting_.size() > idle_ && threads_ < most_) add_thread();
  } catch (...) {
    if (threads_ == 0) {
      waiting_.pop_back();
      throw;
    }
  }
  added_.notify_one();
  return added;
}

void lookup_threads::add_thread() {
  const blocked_signals meanwhile;
  std::thread([self = shared_from_this()] { self->run(); }).detach();
  ++threads_;
}

void lookup_threads::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    while (!waiting_.empty()) perform(lock);
    ++idle_;
    const bool more = added_.wait_for(lock, idle_time_, [this] { return !waiting_.empty(); });
    --idle_;
    if (!more) break;
  }
  --threads_;
}

void lookup_threads::perform(std::unique_lock<std::mutex>& lock) {
  const auto next = std::move(waiting_.front());
  waiting_.pop_front();
  running_.push_back(next);
  lock.unlock();
  auto result = next->perform(find_);
  lock.lock();
  std::erase(running_, next);
  next->deliver(std::move(result));
}

void lookup_threads::remove(job& j) noexcept {
  if (forked()) return;
  std::shared_ptr<lookup> unwanted;
  const std::lock_guard lock(mutex_);
  unwanted = j.take();
  std::erase_if(waiting_, [&j](const auto& each) { return each.get() == &j; });
}

void lookup_threads::context_ends(asio::execution_context& context) noexcept {
  if (forked()) return;
  // One at a time: the end of one may remove others.
  for (;;) {
    std::shared_ptr<lookup> unwanted;
    const std::lock_guard lock(mutex_);
    const auto of_context = [&context](const auto& each) { return each->is_of(context); };
    if (const auto i = std::ranges::find_if(waiting_, of_context); i != waiting_.end()) {
      unwanted = (*i)->take();
      waiting_.erase(i);
    } else if (const auto j = std::ranges::find_if(running_, of_context); j != running_.end()) {
      unwanted = (*j)->take();
    } else {
      break;
    }
  }
}

std::size_t lookup_threads::threads() const {
  const std::lock_guard lock(mutex_);
  return threads_;
}

std::size_t lookup_threads::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

}  // namespace wsx
