#pragma once

#include "flight.hpp"
#include "plan.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

/// What one run came to; what was not measured is not there.
struct figures {
  std::optional<double> rate{};    ///< messages or connections a second
  std::optional<double> cpu_ns{};  ///< CPU time of the whole process for each of them
  std::optional<double> p50_ns{};  ///< of a round trip, or of a timer's lateness
  std::optional<double> p90_ns{};
  std::optional<double> p99_ns{};
  std::optional<double> p999_ns{};
  std::optional<double> max_ns{};
  std::optional<double> bytes_per_connection{};
};

/// One line of JSON.
std::string to_json(const figures& f, std::string_view version);

/// Reorders the times.
void set_percentiles(figures& f, round_trips& times);

/// The time and the CPU time that something takes.
class meter {
 public:
  meter();

  /// Since the meter was made: `count` messages or connections.
  figures read(double count) const;

 private:
  std::chrono::steady_clock::time_point begin_;
  std::chrono::nanoseconds cpu_begin_;
};

/// The memory of this process that is resident, after what is free has been given back.
double resident_bytes();

}  // namespace bench
