#include "report.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace bench {

namespace {

std::string with_ratio(double value, double ratio, int digits) {
  return value > 0 ? fmt::format("{:.{}f} ({:.2f})", value, digits, ratio) : "-";
}

std::string size_text(std::size_t size) {
  if (size >= 1 << 20 && size % (1 << 20) == 0) return fmt::format("{} MiB", size >> 20);
  if (size >= 1 << 10 && size % (1 << 10) == 0) return fmt::format("{} KiB", size >> 10);
  return fmt::format("{} B", size);
}

std::string figures(const sample& s) {
  return fmt::format(R"({{"rate": {}, "cpu": {}, "p50": {}, "p99": {}}})", s.rate, s.cpu, s.p50,
                     s.p99);
}

}  // namespace

void print(const std::vector<result>& results) {
  constexpr auto line = "{:<8} {:<13} {:>8} {:>18} {:>10} {:>20} {:>15} {:>15}\n";
  fmt::print(line, "", "", "message", "messages/s", "MB/s", "client CPU ns", "p50 us", "p99 us");
  for (const result& r : results) {
    const sample& m = r.median;
    fmt::print(line, r.scenario, r.contender, size_text(r.size),
               with_ratio(m.rate, r.ratio.rate, 0),
               fmt::format("{:.1f}", m.rate * static_cast<double>(r.size) / 1e6),
               with_ratio(m.cpu, r.ratio.cpu, 1), with_ratio(m.p50 / 1e3, r.ratio.p50, 1),
               with_ratio(m.p99 / 1e3, r.ratio.p99, 1));
  }
  fmt::print("\n");
  std::fflush(stdout);
}

void write_json(const std::string& path, const std::vector<result>& results) {
  std::ofstream file(path);
  file << "[\n";
  for (std::size_t i = 0; i < results.size(); ++i) {
    const result& r = results[i];
    file << fmt::format(
        R"(  {{"scenario": "{}", "contender": "{}", "size": {}, "median": {}, "ratio": {}}}{})",
        r.scenario, r.contender, r.size, figures(r.median), figures(r.ratio),
        i + 1 < results.size() ? ",\n" : "\n");
  }
  file << "]\n";
  if (!file.flush()) throw std::runtime_error(fmt::format("can't write {}", path));
}

}  // namespace bench
