#pragma once

#include <wsx/config.hpp>

#include <atomic>
#include <cstddef>

namespace wsx::detail {

// The number of modules in the process. It is apart from what loads them, so that a program that
// shows it is not linked with that.
inline std::atomic<std::size_t>& module_count() noexcept {
  static std::atomic<std::size_t> count{0};
  return count;
}

}  // namespace wsx::detail
