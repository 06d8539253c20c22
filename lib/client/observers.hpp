#pragma once

#include "producers.hpp"
#include "tracer.hpp"

#include <wsx/detail/callback_context.hpp>
#include <wsx/detail/events.hpp>
#include <wsx/event.hpp>
#include <wsx/protocol/incoming.hpp>
#include <wsx/transport/strand.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace wsx::detail {

// Who is told of a client's events: its handler, as far as that asks, and a trace. A client that
// nobody observes has nothing of this but a null pointer.
class observers {
 public:
  observers() = default;
  ~observers();
  observers(const observers&) = delete;
  observers& operator=(const observers&) = delete;

  // From any thread.

  // Returns what is switched on at run time; made by the first call. Throws `std::bad_alloc`.
  tracer& tracing();
  // Returns null if `tracing` was never called.
  const tracer* tracing_so_far() const noexcept;

  // Something was refused: the strand tells it soon.
  void refused(callback_context& client, event::queue_full::of queue) noexcept;

  // On the strand.

  // The client has a handler, or another one.
  void handler_set(callback_context& client) noexcept;
  void handler_replaced(callback_context& client, std::string_view old_version,
                        std::string_view new_version) noexcept;

  template <class Event>
  void tell(callback_context& client, const Event& e) noexcept {
    tell_any(client, &e);
  }
  void tell_received(callback_context& client, protocol::event kind,
                     const protocol::incoming& input) noexcept;
  void tell_attempt(callback_context& client, std::size_t number, std::string_view url) noexcept;
  void tell_disconnected(callback_context& client, const close_reason& reason,
                         std::chrono::steady_clock::time_point opened_at, std::size_t number,
                         bool still_connected = false) noexcept;

  // The transport has taken `count` bytes of `batch`, which are not counted yet.
  void wrote(callback_context& client, const producers& from, const protocol::outgoing_batch& batch,
             std::size_t count) noexcept;
  // Now they are. An exception of the handler is no problem any more.
  void counted(callback_context& client, producers& from) noexcept;

  void count_callback() noexcept;

 private:
  using time_point = std::chrono::steady_clock::time_point;

  // What was queued at one moment.
  struct sample {
    time_point since;
    producers::queued_mark mark;
  };

  // Made when first needed.
  struct observation {
    tracer trace;
    std::array<std::atomic<std::uint64_t>, 3> refused{};  // by queue_full::of, and not told yet
    std::optional<sample> queued{};
    std::exception_ptr thrown{};  // by the handler, in the middle of a write
  };

  observation& made();
  observation* so_far() const noexcept { return lazy_.load(std::memory_order_acquire); }
  bool wanted(callback_context& client, event_set any) const noexcept;
  void tell_any(callback_context& client, any_event e) noexcept;
  std::exception_ptr pass(callback_context& client, any_event e) noexcept;
  void tell_frames(callback_context& client, const protocol::outgoing_batch& batch,
                   std::size_t count);
  void tell_refused(callback_context& client, event::queue_full::of queue) noexcept;

  std::atomic<observation*> lazy_{nullptr};
};

// Calls at once if the caller is on the strand, and no event is being told.
template <class Call, class Allocator = std::allocator<void>>
void dispatch_unless_telling(const callback_context& client, const strand& s, Call call,
                             const Allocator& allocator = Allocator()) {
  if (client.telling()) {
    post_on(s, std::move(call), allocator);
  } else {
    dispatch_on(s, std::move(call), allocator);
  }
}

}  // namespace wsx::detail
