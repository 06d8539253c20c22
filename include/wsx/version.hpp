#pragma once

#include <wsx/config.hpp>

namespace wsx {

/// The version of these headers, as of semver.org.
struct version {
  static constexpr int major = 0;
  static constexpr int minor = 1;
  static constexpr int patch = 0;
};

}  // namespace wsx
