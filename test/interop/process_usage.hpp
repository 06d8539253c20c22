#pragma once

#include <cstddef>

// What only the operating system and the C library can tell.

/// What this process holds.
struct holdings {
  std::ptrdiff_t descriptors = 0;
  std::ptrdiff_t bytes = 0;  ///< allocated and not freed, by whomever

  /// All zeros where nobody counts.
  static holdings now();
};
