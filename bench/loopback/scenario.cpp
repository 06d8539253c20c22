#include "scenario.hpp"

#include "raw_client.hpp"
#include "wsx_client.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <algorithm>
#include <exception>

namespace bench {

namespace {

using samples = std::vector<sample>;

sample run_once(const contender& c, plan p) {
  asio::io_context context(1);
  sample result;
  asio::co_spawn(context, c.run(p), [&result](const std::exception_ptr& error, sample s) {
    if (error) std::rethrow_exception(error);
    result = s;
  });
  context.run();
  return result;
}

double quotient(double value, double yardstick) {
  return yardstick > 0 ? value / yardstick : 0;
}

sample quotient(const sample& a, const sample& b) {
  return {quotient(a.rate, b.rate), quotient(a.cpu, b.cpu), quotient(a.p50, b.p50),
          quotient(a.p99, b.p99)};
}

double median(const samples& all, double sample::*figure) {
  std::vector<double> figures;
  for (const sample& s : all) figures.push_back(s.*figure);
  const auto middle = figures.begin() + static_cast<std::ptrdiff_t>(figures.size() / 2);
  std::nth_element(figures.begin(), middle, figures.end());
  return *middle;
}

sample median(const samples& all) {
  return {median(all, &sample::rate), median(all, &sample::cpu), median(all, &sample::p50),
          median(all, &sample::p99)};
}

}  // namespace

const std::vector<scenario>& scenarios() {
  static const std::vector<scenario> all{
      {"receive",
       {{"raw", raw::receive}, {"wsx binary", receive_binary}, {"wsx text", receive_text}}},
      {"send", {{"raw", raw::send}, {"wsx try_send", try_send}, {"wsx send", send}}},
      {"echo", {{"raw", raw::echo}, {"wsx", echo}}},
  };
  return all;
}

std::vector<result> run(const scenario& s, plan p, std::size_t rounds) {
  std::vector<samples> measured(s.contenders.size());
  std::vector<samples> ratios(s.contenders.size());
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < s.contenders.size(); ++i) {
      measured[i].push_back(run_once(s.contenders[i], p));
      ratios[i].push_back(quotient(measured[i][round], measured[0][round]));
    }
  }
  std::vector<result> results;
  for (std::size_t i = 0; i < s.contenders.size(); ++i) {
    results.push_back(
        {s.name, s.contenders[i].name, p.size, median(measured[i]), median(ratios[i])});
  }
  return results;
}

}  // namespace bench
