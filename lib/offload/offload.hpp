#pragma once

#include <wsx/config.hpp>

#include "message_lanes.hpp"

#include <wsx/action.hpp>
#include <wsx/detail/mail.hpp>
#include <wsx/detail/offload_ref.hpp>
#include <wsx/message.hpp>
#include <wsx/offload_options.hpp>
#include <wsx/session.hpp>
#include <wsx/transport/strand.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>

namespace wsx::detail {

class engine;

// Returns the payload bytes of the frames that a worker wants to send.
std::size_t size_of_reply(const lane_job& result) noexcept;

// A `handle_frame` that is a coroutine. Everything is for its strand.
struct coroutine_run {
  explicit coroutine_run(const asio::any_io_executor& pool) : serial(pool) {}

  strand serial;
  asio::cancellation_signal signal{};
  bool interrupted = false;
};

// The queue of an offloaded handler: from the client's strand to the workers, and what they want of
// the client back to the strand. A worker never touches the client: after `released` it may be
// gone, and its execution context with it.
class offload final : public std::enable_shared_from_this<offload> {
 public:
  offload(asio::any_io_executor pool, offload_options options, offload_calls calls);

  void held(const std::shared_ptr<offload_base>& handler) noexcept;

  // On the strand: see `offload_ref`.
  asio::awaitable<void> take(session& client, message received);
  asio::awaitable<void> finish(bool at_once);
  void released() noexcept;

  // From a worker.
  void run(lane_job& job, asio::awaitable<action> callback);
  void ended(lane_job& job) noexcept;
  std::error_code add(const lane_job& from, action&& step);
  bool post(const lane_job& from, std::unique_ptr<mail> message);
  bool is_current(const lane_job& from) const;

  offload_stats stats() const;

 private:
  using jobs = message_lanes::jobs;

  // On the strand.
  void see(session& client);
  std::string key_of(const message& received) const;
  bool push(const std::string& key, jobs& one);
  bool place(const std::string& key, jobs& one, jobs& dropped);
  void tell_dropped(const jobs& dropped) const;
  asio::awaitable<void> news();
  void drain();
  bool apply_next(engine& client);
  void apply(engine& client, lane_job& result);
  void fail(engine& client, std::exception_ptr what);
  void resume_after_flush(engine& client);

  // On a worker.
  void work();
  lane_job* begin();
  void start_worker();
  void worker_ended();

  // With the mutex held.
  bool wants_worker() noexcept;
  bool results_full() const noexcept;
  void keep_result(jobs&& one) noexcept;
  void tell() noexcept;
  void drop_all(jobs& dropped) noexcept;
  void interrupt_all() noexcept;

  const asio::any_io_executor pool_;
  const offload_options options_;
  const offload_calls calls_;
  offload_base* handler_ = nullptr;
  std::weak_ptr<offload_base> keeper_{};

  // For the strand.
  std::shared_ptr<const message_origin> origin_{};
  asio::steady_timer* news_ = nullptr;  // a callback that waits

  mutable std::mutex mutex_;
  message_lanes lanes_;
  jobs results_{};  // what workers want of the client
  std::size_t result_bytes_ = 0;
  offload_stats stats_{};
  std::size_t workers_ = 0;   // that are posted or run
  engine* client_ = nullptr;  // null: it is gone, or has ended
  std::optional<strand> home_{};
  bool told_ = false;          // the strand will look for results
  bool held_ = false;          // it waits until the server has taken replies
  bool wants_room_ = false;    // a message waits for room
  bool finishing_ = false;     // `finish` waits for the workers
  bool failing_ = false;       // a worker has thrown, and the strand does not know yet
  bool interrupting_ = false;  // coroutines are interrupted, also those that begin
};

}  // namespace wsx::detail
