#pragma once

#include <wsx/config.hpp>

#include "lookup.hpp"

#include <asio/execution_context.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace wsx {

/// Returns what `getaddrinfo` says of a name. It blocks.
lookup_result look_up_blocking(const std::string& host, std::uint16_t port);

/// Threads that run blocking lookups for others. A thread is made when all others are busy, up to
/// `most`; what is beyond that waits for its turn. Nothing waits for a thread: not a context that
/// ends, nor the process. From any thread.
class lookup_threads final : public std::enable_shared_from_this<lookup_threads> {
 public:
  using function = lookup_result (*)(const std::string& host, std::uint16_t port);

  static constexpr std::size_t default_most = 16;
  static constexpr std::chrono::seconds default_idle{10};

  /// Returns those of the process. A process that was forked gets new ones.
  static lookup_threads& of_process();

  /// Only in a `std::shared_ptr`. A thread ends when it has had nothing to do for `idle`.
  lookup_threads(function find, std::size_t most, std::chrono::milliseconds idle);

  /// Where the result of a lookup goes.
  class job;

  /// Looks up, and posts the result to `to` on its strand. `to` is released on that strand, by
  /// `remove`, or at the end of its context: never by a thread of this class. Throws if no thread
  /// can be made and there is none.
  std::shared_ptr<job> add(std::shared_ptr<lookup> to, std::string host, std::uint16_t port);

  /// The result is not wanted any more. If the lookup has not begun, it will not.
  void remove(job& j) noexcept;

  std::size_t threads() const;  ///< busy or not
  std::size_t waiting() const;  ///< lookups that have not begun

 private:
  class context_end;

  void add_thread();
  void run();
  void perform(std::unique_lock<std::mutex>& lock);
  void context_ends(asio::execution_context& context) noexcept;
  bool forked() const noexcept;

  const function find_;
  const std::size_t most_;
  const std::chrono::milliseconds idle_time_;
  const std::size_t forks_;  // of the process that the threads are in

  mutable std::mutex mutex_{};  // for all below, and what a job is for
  std::condition_variable added_{};
  std::deque<std::shared_ptr<job>> waiting_{};
  std::vector<std::shared_ptr<job>> running_{};
  std::size_t threads_ = 0;
  std::size_t idle_ = 0;
};

/// Makes a lookup by threads, which must be those of a shared pointer.
std::shared_ptr<lookup> make_thread_lookup(const strand& s, lookup_threads& threads,
                                           std::string host, std::uint16_t port);

}  // namespace wsx
