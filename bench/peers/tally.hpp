#pragma once

#include "../clients/figures.hpp"
#include "../clients/flight.hpp"
#include "../clients/plan.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace bench {

/// Counts what a client does, and ends the program with the result when the time is over. Every
/// call comes from the client's thread.
class tally {
 public:
  /// `version`: the library's name and version.
  tally(plan p, std::string version);

  /// The warm-up begins, then the window; then the program ends.
  void start();

  /// Counts `more` messages.
  void count(std::uint64_t more = 1) {
    count_ += more;
    if (phase_.load(std::memory_order_relaxed) != seen_) turn();
  }

  /// Where the times of round trips go.
  round_trips& times() { return times_; }

  /// The first of the plan's connections is about to be opened: handshakes are counted from now on.
  void start_connecting();

  /// One more connection has been open; the last one ends the program.
  void count_connection();

  /// All of the plan's connections are open and idle: ends the program.
  [[noreturn]] void all_idle();

 private:
  enum class phase { warm_up, window, over };

  static void turn_phase(int signal);
  void turn();
  [[noreturn]] void finish_counting();

  const plan plan_;
  const std::string version_;
  const double memory_before_;
  // A signal turns it: some libraries take less time for a message than a look at the clock, and a
  // second thread would make the reference counts of all std::shared_ptr atomic.
  static inline std::atomic<phase> phase_{phase::warm_up};
  phase seen_ = phase::warm_up;
  std::uint64_t count_ = 0;
  meter meter_;
  round_trips times_;
};

}  // namespace bench
