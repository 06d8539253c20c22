#pragma once

#include <wsx/export.hpp>

#include <cstddef>

namespace wsx {

namespace detail {

/// Added to the count at each fork. A smaller number can be added to a count, so that one
/// comparison checks both. The library writes it only in a process that has just been forked, which
/// has one thread.
inline constexpr std::size_t fork_step = 32;
extern WSX_API std::size_t fork_steps;

}  // namespace detail

/// Returns how often this process and its ancestors have been forked since the library was loaded.
/// State that must differ between parent and child can be checked against it. From any thread.
inline std::size_t fork_count() noexcept {
  return detail::fork_steps / detail::fork_step;
}

}  // namespace wsx
