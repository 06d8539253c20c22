#include "../client/virtual_time.hpp"

#include <wsx/testing/virtual_clock.hpp>

#include <algorithm>

namespace wsx::testing {

namespace {

using time_point = virtual_clock::time_point;

// Durations that are too long end with the last time point.
time_point later(time_point now, virtual_clock::duration time) noexcept {
  const auto end = time_point::max();
  return now + std::clamp(time, virtual_clock::duration::zero(), end - now);
}

// Runs everything that can run without waiting.
void poll(asio::io_context& io) {
  do {
    io.restart();
  } while (io.poll() > 0);
}

}  // namespace

virtual_clock::virtual_clock(asio::execution_context& context)
    : time_(detail::virtual_time::of(context)) {
  time_->add_clock();
}

virtual_clock::~virtual_clock() {
  time_->remove_clock();
}

time_point virtual_clock::now() const noexcept {
  return time_->now();
}

void virtual_clock::advance(duration time) {
  time_->move_to(later(now(), time));
}

void virtual_clock::advance_per_look(duration time) {
  time_->move_per_look(std::max(time, duration::zero()));
}

std::optional<time_point> virtual_clock::next_due() const {
  return time_->next_due();
}

void virtual_clock::run_for(asio::io_context& io, duration time) {
  const auto end = later(now(), time);
  poll(io);
  for (auto due = next_due(); due && *due <= end; due = next_due()) {
    time_->move_to(*due);
    poll(io);
  }
  time_->move_to(end);
}

}  // namespace wsx::testing
