#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace common_test {

/// Bytes that neither repeat soon nor compress well: a piece of them in the wrong place shows.
inline std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1'664'525 + 1'013'904'223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

}  // namespace common_test
