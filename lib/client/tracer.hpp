#pragma once

#include "counters.hpp"

#include <wsx/detail/callback_context.hpp>
#include <wsx/detail/events.hpp>
#include <wsx/trace.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace wsx::detail {

// What can be switched on at run time: a trace, the last lines of it, and statistics. As long as
// one of them is on, its client is observed.
class tracer {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  // From any thread.
  void trace(callback_context& client, trace_sink sink, const trace_options& how);
  void keep(callback_context& client, std::size_t lines, const trace_options& how, time_point now);
  void collect(callback_context& client, bool on, const counters& counts);
  std::vector<std::string> kept() const;
  std::optional<trace_statistics> statistics(const counters& counts) const;

  // On the strand.
  void show(callback_context& client, any_event e, time_point now) noexcept;
  void count_callback() noexcept { callbacks_.add(1); }

 private:
  struct output {
    trace_sink sink;
    trace_options how;
  };
  // The last lines, and when that began.
  struct ring {
    std::size_t size;
    trace_options how;
    time_point since;
    std::deque<std::string> lines{};
  };

  void update(callback_context& client) noexcept;
  void pass_on(callback_context& client, const std::shared_ptr<const output>& to, any_event e);
  void add(std::string line, const ring& to, time_point now);
  trace_statistics counted(const counters& counts) const noexcept;

  mutable std::mutex mutex_;  // for these three
  std::shared_ptr<const output> output_{};
  std::shared_ptr<ring> ring_{};
  std::optional<trace_statistics> begin_{};

  counter messages_sent_;
  counter callbacks_;
};

}  // namespace wsx::detail
