#include "lookup_threads.hpp"

#include <utility>

namespace wsx {

namespace {

// A lookup by `getaddrinfo`, which can't be interrupted: a thread does it, and its result is
// ignored if it is late.
class thread_lookup final : public lookup, public std::enable_shared_from_this<thread_lookup> {
 public:
  thread_lookup(const strand& s, lookup_threads& threads, std::string host, std::uint16_t port)
      : lookup(s), threads_(threads.shared_from_this()), host_(std::move(host)), port_(port) {}

  void begin() override { job_ = threads_->add(shared_from_this(), std::move(host_), port_); }

 private:
  void stop() noexcept override {
    if (job_) threads_->remove(*job_);
  }

  const std::shared_ptr<lookup_threads> threads_;
  std::string host_;
  const std::uint16_t port_;
  std::shared_ptr<lookup_threads::job> job_{};
};

}  // namespace

std::shared_ptr<lookup> make_thread_lookup(const strand& s, lookup_threads& threads,
                                           std::string host, std::uint16_t port) {
  return std::make_shared<thread_lookup>(s, threads, std::move(host), port);
}

}  // namespace wsx
