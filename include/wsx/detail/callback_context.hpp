#pragma once

#include <wsx/config.hpp>

#include <wsx/action.hpp>
#include <wsx/disconnect.hpp>
#include <wsx/export.hpp>
#include <wsx/session.hpp>

#include <asio/cancellation_signal.hpp>

#include <atomic>
#include <exception>

namespace wsx::detail {

class engine;

// The client as seen by code that calls the handler's members. On its strand.
class callback_context {
 public:
  callback_context(const callback_context&) = delete;
  callback_context& operator=(const callback_context&) = delete;

  wsx::session& session() noexcept { return session_; }

  // Returns whether the client is about to end: the handler must not be called any more.
  bool stopped() const noexcept { return stopped_.load(std::memory_order_relaxed); }

  // Carries out the action that a callback returned.
  WSX_API void apply(const action& wanted);
  void apply(const disconnect_decision& decided) { *decision_ = decided; }

  // Where `handle_disconnect` answers, as long as it runs; otherwise null.
  void answer_to(disconnect_decision* place) noexcept { decision_ = place; }
  bool asks() const noexcept { return decision_ != nullptr; }

  // Handles an exception thrown by a callback.
  WSX_API void failed(std::exception_ptr what) noexcept;

  // A callback that is a coroutine begins, or has finished. `own` is the slot of its cancellation
  // state, which operations that it awaits directly have as well.
  WSX_API void waits(const asio::cancellation_slot& own) noexcept;
  WSX_API void finished() noexcept;

 protected:
  explicit callback_context(engine& e) noexcept : session_(e) {}
  ~callback_context() = default;

  void set_stopped() noexcept { stopped_.store(true, std::memory_order_relaxed); }

 private:
  wsx::session session_;
  disconnect_decision* decision_ = nullptr;
  std::atomic<bool> stopped_{false};
};

}  // namespace wsx::detail
