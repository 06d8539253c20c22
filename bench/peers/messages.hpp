#pragma once

#include "../clients/plan.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace bench {

/// What is sent, in turn.
class messages {
 public:
  explicit messages(const plan& p) : all_(payloads_of(p)) {}

  const std::string& next() {
    if (at_ == all_.size()) at_ = 0;
    return all_[at_++];
  }

 private:
  std::vector<std::string> all_;
  std::size_t at_ = 0;
};

}  // namespace bench
