#pragma once

#include <wsx/testing/server_frame.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace bench {

/// What one read may bring: the frames of as many messages as fit into the client's read buffer.
struct server_input {
  std::string bytes;
  std::int64_t frames = 0;
  std::int64_t messages = 0;
};

inline constexpr std::size_t read_size = 256 * 1024;

/// Messages of `size` bytes, each in `fragments` frames of about the same size.
inline server_input make_input(std::uint8_t opcode, std::size_t size, std::size_t fragments = 1) {
  std::string message;
  for (std::size_t i = 0; i < fragments; ++i) {
    const std::size_t piece = size * (i + 1) / fragments - size * i / fragments;
    message += wsx::testing::encode_server_frame({
        .opcode = i == 0 ? opcode : wsx::testing::opcodes::continuation,
        .payload = std::string(piece, 'x'),
        .fin = i + 1 == fragments,
    });
  }
  server_input input;
  while (input.bytes.size() + message.size() <= read_size) {
    input.bytes += message;
    input.frames += static_cast<std::int64_t>(fragments);
    ++input.messages;
  }
  return input;
}

/// Bytes a second, and the time that one of `count` parts of an iteration took.
inline void report_each(benchmark::State& state, const std::string& part, std::int64_t count,
                        std::size_t bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
  state.counters["per_" + part] =
      benchmark::Counter(static_cast<double>(count), benchmark::Counter::kIsIterationInvariantRate |
                                                         benchmark::Counter::kAvgThreads |
                                                         benchmark::Counter::kInvert);
}

}  // namespace bench
