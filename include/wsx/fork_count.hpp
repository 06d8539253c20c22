#pragma once

#include <wsx/export.hpp>

#include <cstddef>

namespace wsx {

namespace detail {

/// `fork_step` for each fork: a smaller number can be added, so that one comparison looks at both.
/// Written by the library only, in a process that has just been forked: it has one thread.
inline constexpr std::size_t fork_step = 32;
extern WSX_API std::size_t fork_steps;

}  // namespace detail

/// How often this process, and those it descends from, have been forked since the library was
/// loaded: what must not be the same in parent and child can tell by it. From any thread.
inline std::size_t fork_count() noexcept {
  return detail::fork_steps / detail::fork_step;
}

}  // namespace wsx
