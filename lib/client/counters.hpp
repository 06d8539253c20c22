#pragma once

#include <wsx/stats.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace wsx::detail {

// A number that only the strand writes, and that any thread may read.
class counter {
 public:
  void add(std::uint64_t n) noexcept { set(value() + n); }
  void set(std::uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// The counters of a client, over all its connections.
struct counters {
  counter messages_received;
  counter bytes_received;
  counter frames_sent;
  counter bytes_sent;
  counter reads;
  counter writes;
  counter connects;
  counter latency;  // nanoseconds
  counter replies_dropped;

  wsx::stats snapshot() const noexcept {
    return {.messages_received = messages_received.value(),
            .bytes_received = bytes_received.value(),
            .frames_sent = frames_sent.value(),
            .bytes_sent = bytes_sent.value(),
            .reads = reads.value(),
            .writes = writes.value(),
            .connects = connects.value(),
            .replies_dropped = replies_dropped.value(),
            .latency = std::chrono::nanoseconds(latency.value())};
  }
};

}  // namespace wsx::detail
