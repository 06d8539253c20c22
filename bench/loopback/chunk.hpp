#pragma once

#include <cstddef>
#include <string>

namespace bench {

/// What raw sockets read or write at a time, as wsx does. So nothing here goes through Asio's
/// composed `read` and `write`, which move 64 KiB at a time.
inline constexpr std::size_t chunk_size = 256 * 1024;

/// As many copies of a frame as fit into a chunk, but at least one.
inline std::string repeated(const std::string& frame) {
  std::string chunk = frame;
  while (chunk.size() + frame.size() <= chunk_size) chunk += frame;
  return chunk;
}

}  // namespace bench
