#pragma once

#include <chrono>

namespace wsx::detail {

// Returns a duration between zero and `most`, drawn at random. Threads, and processes after a fork,
// draw different ones.
std::chrono::milliseconds random_delay(std::chrono::milliseconds most);

}  // namespace wsx::detail
