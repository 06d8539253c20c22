#pragma once

#include "figures.hpp"
#include "plan.hpp"

#include <map>
#include <stdexcept>
#include <string>

namespace bench {

/// What a client can't do.
class unsupported : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using scenario = figures (*)(const plan& p);

/// Runs the plan's scenario and prints what came of it. Returns the exit status: 3 for what the
/// client can't do.
int run(const plan& p, const std::map<std::string, scenario>& scenarios,
        const std::string& version);

}  // namespace bench
