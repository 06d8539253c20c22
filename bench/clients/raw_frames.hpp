#pragma once

#include <cstddef>
#include <string>

namespace bench::raw {

/// What is read or written at a time, as wsx does. So nothing goes through Asio's composed `read`
/// and `write`, which move 64 KiB at a time.
inline constexpr std::size_t chunk_size = 256 * 1024;

/// A client's frame, masked.
std::string client_frame(std::size_t payload_size);

/// The bytes that a server's frame takes.
std::size_t server_frame_size(std::size_t payload_size);

/// As many copies of the frame as fit into a chunk, but at least one.
std::string filled_chunk(const std::string& frame);

/// So many copies.
std::string repeated(const std::string& frame, std::size_t count);

}  // namespace bench::raw
