#pragma once

#include "scenario.hpp"

#include <string>
#include <vector>

namespace bench {

/// One line for each contender; in parentheses the ratio to the yardstick.
void print(const std::vector<result>& results);

/// All results as a JSON array, to be kept and compared.
void write_json(const std::string& path, const std::vector<result>& results);

}  // namespace bench
