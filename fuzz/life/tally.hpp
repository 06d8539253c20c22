#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace fuzz {

/// Counts how often a state is reached in a run of the target: coverage of code does not tell. They
/// are printed at the end if FUZZ_TALLY is set in the environment.
class tally {
 public:
  static void add(std::string_view what) {
    static tally* const counts = std::getenv("FUZZ_TALLY") != nullptr ? make() : nullptr;
    if (counts != nullptr) ++counts->of_[std::string(what)];
  }

 private:
  static tally* make() {
    static tally all;
    return &all;
  }
  ~tally() {
    for (const auto& [what, count] : of_) std::fprintf(stderr, "%9zu %s\n", count, what.c_str());
  }

  std::map<std::string, std::size_t> of_;
};

}  // namespace fuzz
