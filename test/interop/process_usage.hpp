#pragma once

#include <cstddef>

// What only the operating system and the C library can tell.

/// What this process has in use.
struct process_usage {
  std::ptrdiff_t descriptors = 0;
  std::ptrdiff_t bytes = 0;  ///< allocated and not freed, by any code

  /// All zeros on systems where it is not counted.
  static process_usage now();
};
