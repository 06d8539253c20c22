#pragma once

#include "sample.hpp"

#include <asio/awaitable.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace bench {

/// One way to do a scenario's work.
struct contender {
  std::string name;
  asio::awaitable<sample> (*run)(plan);
};

/// The first contender is the yardstick of the others.
struct scenario {
  std::string name;
  std::vector<contender> contenders;
};

const std::vector<scenario>& scenarios();

/// The medians of all rounds. The ratios are those to the yardstick in the same round, for a
/// machine is never twice the same.
struct result {
  std::string scenario;
  std::string contender;
  std::size_t size = 0;
  sample median{};
  sample ratio{};
};

/// Every contender once a round, in turn; on the thread that calls.
std::vector<result> run(const scenario& s, plan p, std::size_t rounds);

}  // namespace bench
