#pragma once

#include <wsx/config.hpp>

#include <wsx/action.hpp>
#include <wsx/close_reason.hpp>
#include <wsx/export.hpp>
#include <wsx/message.hpp>
#include <wsx/offload_options.hpp>
#include <wsx/session.hpp>
#include <wsx/worker_session.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace wsx::detail {

class offload;
class offload_base;

// One message that a worker handles. On that worker.
class offload_job {
 public:
  // The payload is valid until the job has finished.
  WSX_API message what() const noexcept;
  WSX_API worker_session& session() noexcept;

  // Ends the job, once: with what `handle_frame` has returned, or thrown. It is gone then.
  WSX_API void finished(action wanted = {}) noexcept;
  WSX_API void failed(std::exception_ptr what) noexcept;

  // Runs a coroutine on the pool; its end is the job's.
  WSX_API void run(asio::awaitable<action> callback);

 protected:
  offload_job(offload& owner) noexcept : owner_(owner), session_(owner, *this) {}
  ~offload_job() = default;

  offload& owner_;

 private:
  worker_session session_;
};

// How an offloaded handler is called, by its type. Null: it has no such member.
struct offload_calls {
  // On a worker. Returns whether the job has ended: a coroutine goes on.
  bool (*work)(offload_base& handler, offload_job& job);
  // On the strand.
  std::string (*key)(offload_base& handler, const message& received);
  void (*dropped)(offload_base& handler, const message& not_handled);
};

// The queue between the strand and the workers, as `offloaded` sees it. The implementation is in
// lib/offload.
class offload_ref {
 public:
  // Throws `std::invalid_argument` if an option is out of range.
  WSX_API offload_ref(asio::any_io_executor pool, offload_options options, offload_calls calls);
  // On the threads that all handlers share which have no pool of their own.
  WSX_API offload_ref(offload_options options, offload_calls calls);

  // The rest is for the strand, but for `stats`.

  // Copies a message for the workers; waits while there is no room.
  WSX_API asio::awaitable<void> take(wsx::session& client, message received) const;
  // Waits for the workers, before `terminate`. What they have not begun is dropped if the client
  // was aborted or has failed.
  WSX_API asio::awaitable<void> finish(const close_reason& reason) const;
  WSX_API offload_stats stats() const;

 private:
  friend struct offload_owner;

  std::shared_ptr<offload> offload_;
};

// A handler that may outlive its client: it is destroyed when no worker runs it any more.
class offload_base {
 protected:
  explicit offload_base(offload_ref queue) noexcept : queue_(std::move(queue)) {}
  ~offload_base() = default;

  const offload_ref& queue() const noexcept { return queue_; }

 private:
  friend struct offload_owner;

  offload_ref queue_;
};

}  // namespace wsx::detail
