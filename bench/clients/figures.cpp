#include "figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

namespace bench {

namespace {

std::chrono::nanoseconds as_duration(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

std::chrono::nanoseconds process_cpu_time() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return as_duration(used.ru_utime) + as_duration(used.ru_stime);
}

double percentile(round_trips& times, double share) {
  const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(times.size() - 1));
  const auto place = times.begin() + rank;
  std::nth_element(times.begin(), place, times.end());
  return *place;
}

}  // namespace

std::string to_json(const figures& f, std::string_view version) {
  std::string json = "{";
  const auto add = [&json](const char* name, const std::optional<double>& value) {
    if (value) fmt::format_to(std::back_inserter(json), R"("{}": {:.1f}, )", name, *value);
  };
  add("rate", f.rate);
  add("cpu_ns", f.cpu_ns);
  add("p50_ns", f.p50_ns);
  add("p90_ns", f.p90_ns);
  add("p99_ns", f.p99_ns);
  add("p999_ns", f.p999_ns);
  add("max_ns", f.max_ns);
  add("bytes_per_connection", f.bytes_per_connection);
  return json + fmt::format(R"("version": "{}"}})", version);
}

void set_percentiles(figures& f, round_trips& times) {
  if (times.empty()) return;
  f.p50_ns = percentile(times, 0.50);
  f.p90_ns = percentile(times, 0.90);
  f.p99_ns = percentile(times, 0.99);
  f.p999_ns = percentile(times, 0.999);
  f.max_ns = percentile(times, 1);
}

meter::meter() : begin_(std::chrono::steady_clock::now()), cpu_begin_(process_cpu_time()) {}

figures meter::read(double count) const {
  const seconds time = std::chrono::steady_clock::now() - begin_;
  const std::chrono::duration<double, std::nano> cpu = process_cpu_time() - cpu_begin_;
  figures f{.rate = count / time.count()};
  if (count > 0) f.cpu_ns = cpu.count() / count;
  return f;
}

double resident_bytes() {
  malloc_trim(0);
  std::ifstream pages("/proc/self/statm");
  double all = 0;
  double resident = 0;
  pages >> all >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace bench
