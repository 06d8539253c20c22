#pragma once

#include <wsx/config.hpp>

#include <wsx/event.hpp>
#include <wsx/export.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace wsx {

/// How often durations of each size were measured.
struct duration_histogram {
  static constexpr std::array<std::chrono::nanoseconds, 14> bounds{
      std::chrono::microseconds(10),  std::chrono::microseconds(100),
      std::chrono::milliseconds(1),   std::chrono::milliseconds(5),
      std::chrono::milliseconds(10),  std::chrono::milliseconds(25),
      std::chrono::milliseconds(50),  std::chrono::milliseconds(100),
      std::chrono::milliseconds(250), std::chrono::milliseconds(500),
      std::chrono::seconds(1),        std::chrono::milliseconds(2500),
      std::chrono::seconds(5),        std::chrono::seconds(10)};

  /// `counts[i]`: at most `bounds[i]`, and longer than the bound before. The last: longer than all.
  std::array<std::uint64_t, bounds.size() + 1> counts{};
  std::chrono::nanoseconds sum{};  ///< of all durations

  std::uint64_t count() const noexcept {
    std::uint64_t all = 0;
    for (const auto each : counts) all += each;
    return all;
  }
};

/// The values of `metrics` at one moment.
struct metric_values {
  /// One direction.
  struct traffic {
    std::uint64_t messages = 0;
    std::uint64_t frames = 0;  ///< received: a message that came in several frames counts as one
    std::uint64_t bytes = 0;   ///< of payloads: received ones inflated, sent ones compressed
  };
  traffic received{};
  traffic sent{};

  std::uint64_t attempts = 0;         ///< to connect
  std::uint64_t failed_attempts = 0;  ///< to connect
  std::uint64_t connections = 0;      ///< opened
  std::uint64_t open = 0;             ///< connections that are open now
  std::uint64_t reconnects = 0;       ///< how often the handler has decided to connect again

  // How connections have ended: `close_reason::origin`.
  std::uint64_t ended_by_client = 0;
  std::uint64_t ended_by_server = 0;
  std::uint64_t ended_by_error = 0;

  // What was refused: `event::queue_full`.
  std::uint64_t refused_sends = 0;
  std::uint64_t refused_replies = 0;
  std::uint64_t refused_messages = 0;

  std::uint64_t mailbox = 0;  ///< messages that waited for the handler after its last callback

  duration_histogram keepalive{};    ///< round trips of keepalive pings
  duration_histogram queue_delay{};  ///< from when something was seen in a queue to its last byte
  duration_histogram callbacks{};    ///< how long callbacks took, waits of coroutines included
};

/// The counters of a `metered` handler, or of several that share it. From any thread, without
/// locks. Values are read one after the other.
class metrics {
 public:
  metrics() = default;
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;

  WSX_API metric_values values() const noexcept;

  // Counts an event.
  WSX_API void count(const event::attempt_started& e) noexcept;
  WSX_API void count(const event::attempt_failed& e) noexcept;
  WSX_API void count(const event::connected& e) noexcept;
  WSX_API void count(const event::disconnected& e) noexcept;
  WSX_API void count(const event::frame_sent& e) noexcept;
  WSX_API void count(const event::frame_received& e) noexcept;
  WSX_API void count(const event::queue_full& e) noexcept;
  WSX_API void count(const event::keepalive_answered& e) noexcept;
  WSX_API void count(const event::reconnect_scheduled& e) noexcept;
  WSX_API void count(const event::callback_returned& e) noexcept;
  WSX_API void count(const event::queue_sampled& e) noexcept;

 private:
  class number {
   public:
    void add(std::uint64_t n) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
    void subtract(std::uint64_t n) noexcept { value_.fetch_sub(n, std::memory_order_relaxed); }
    void set(std::uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

   private:
    std::atomic<std::uint64_t> value_{0};
  };

  struct traffic {
    number messages;
    number frames;
    number bytes;

    void add(opcode op, bool fin, std::uint64_t size) noexcept;
    metric_values::traffic values() const noexcept;
  };

  class histogram {
   public:
    void add(std::chrono::nanoseconds duration) noexcept;
    duration_histogram values() const noexcept;

   private:
    std::array<number, duration_histogram::bounds.size() + 1> counts_;
    number sum_;  // nanoseconds
  };

  traffic received_;
  traffic sent_;
  number attempts_;
  number failed_attempts_;
  number connections_;
  number open_;
  number reconnects_;
  std::array<number, 3> ended_;    // by close_origin
  std::array<number, 3> refused_;  // by queue_full::of
  number mailbox_;
  histogram keepalive_;
  histogram queue_delay_;
  histogram callbacks_;
};

namespace detail {

template <class Event>
concept counted = requires(metrics& m, const Event& e) {
  m.count(e);
};

}  // namespace detail

}  // namespace wsx
