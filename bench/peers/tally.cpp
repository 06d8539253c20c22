#include "tally.hpp"

#include "program.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <sys/time.h>
#include <utility>

namespace bench {

namespace {

timeval as_timeval(seconds time) {
  const auto all = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  const auto some = std::max<decltype(all)>(all, 1);  // 0 would stop the timer
  return {.tv_sec = some / 1'000'000, .tv_usec = some % 1'000'000};
}

}  // namespace

tally::tally(plan p, std::string version)
    : plan_(std::move(p)), version_(std::move(version)), memory_before_(resident_bytes()) {}

void tally::start() {
  struct sigaction action {};
  action.sa_handler = turn_phase;
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, nullptr);
  const itimerval times{.it_interval = as_timeval(plan_.window),
                        .it_value = as_timeval(plan_.warm_up)};
  setitimer(ITIMER_REAL, &times, nullptr);
}

void tally::turn_phase(int) {
  phase_ = phase_ == phase::warm_up ? phase::window : phase::over;
}

void tally::start_connecting() {
  meter_ = meter();
}

void tally::count_connection() {
  if (++count_ == plan_.connections) finish_counting();
}

void tally::all_idle() {
  const double grown = resident_bytes() - memory_before_;
  figures f;
  f.bytes_per_connection = grown / static_cast<double>(plan_.connections);
  finish(f, version_);
}

void tally::turn() {
  seen_ = phase_;
  if (seen_ == phase::over) finish_counting();
  times_.clear();
  count_ = 0;
  meter_ = meter();
}

void tally::finish_counting() {
  figures f = meter_.read(static_cast<double>(count_));
  set_percentiles(f, times_);
  finish(f, version_);
}

}  // namespace bench
