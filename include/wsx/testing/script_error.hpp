#pragma once

#include <wsx/config.hpp>

#include <stdexcept>

namespace wsx::testing {

/// What a script of the testing kit throws when the client does not do what the script expects.
class script_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Something that was awaited did not come in time; `what()` names it.
class wait_timeout : public script_error {
 public:
  using script_error::script_error;
};

}  // namespace wsx::testing
