#include "tally.hpp"

#include "program.hpp"

#include <thread>
#include <utility>

namespace bench {

tally::tally(plan p, std::string version)
    : plan_(std::move(p)), version_(std::move(version)), memory_before_(resident_bytes()) {}

void tally::start() {
  std::thread([this] {
    std::this_thread::sleep_for(plan_.warm_up);
    phase_ = phase::window;
    std::this_thread::sleep_for(plan_.window);
    phase_ = phase::over;
  }).detach();
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
