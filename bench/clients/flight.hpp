#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

/// How long each round trip took, in nanoseconds.
using round_trips = std::vector<std::uint32_t>;

/// Messages under way, whose answers come in their order.
class flight {
 public:
  /// At most `in_flight` of them. Times go to the end of `done`.
  flight(std::size_t in_flight, round_trips& done) : begun_(in_flight), done_(&done) {}

  // Each looks at the clock, which costs as much as a small message: so it costs all clients the
  // same.

  void sent() { begun_[sent_++ % begun_.size()] = clock::now(); }

  void answered() {
    const std::chrono::nanoseconds time = clock::now() - begun_[answered_++ % begun_.size()];
    done_->push_back(static_cast<std::uint32_t>(time.count()));
  }

 private:
  using clock = std::chrono::steady_clock;

  std::vector<clock::time_point> begun_;  // a ring
  std::size_t sent_ = 0;
  std::size_t answered_ = 0;
  round_trips* done_;
};

}  // namespace bench
