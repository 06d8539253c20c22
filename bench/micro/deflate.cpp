#include "../common/payload.hpp"

#include <wsx/memory/byte_buffer.hpp>
#include <wsx/protocol/deflater.hpp>
#include <wsx/protocol/inflater.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// Messages like those that compression is made for: JSON of a feed, each a little different. Beside
// the time, `left` is the part of the bytes that is left.

namespace {

using namespace wsx::protocol;
using wsx::memory::byte_buffer;

constexpr std::size_t many = 256;

void deflate(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const auto messages = bench::feed_payloads(size, many);
  deflater compress({.level = static_cast<int>(state.range(1)),
                     .memory_level = static_cast<int>(state.range(2)),
                     .context_takeover = state.range(3) != 0});
  byte_buffer out;
  std::size_t sent = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    out.clear();
    compress.write(wsx::as_bytes(messages[i++ % messages.size()]), deflater::flush::message, out);
    sent += out.size();
  }
  const auto taken = static_cast<double>(state.iterations()) * static_cast<double>(size);
  state.counters["left"] = static_cast<double>(sent) / taken;
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void inflate(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  std::vector<byte_buffer> wire;
  for (const auto& message : bench::feed_payloads(size, many)) {
    deflater compress({.context_takeover = false});
    compress.write(wsx::as_bytes(message), deflater::flush::message, wire.emplace_back());
  }
  inflater inflate(15, state.range(1) != 0);
  std::vector<std::byte> room(size + 1);
  std::error_code error;
  std::size_t i = 0;
  for (auto _ : state) {
    inflate.feed(wire[i++ % wire.size()].view(), true);
    if (inflate.read(room, error) != size) state.SkipWithError("it did not come out whole");
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void settings(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"bytes", "level", "memory", "takeover"});
  for (const int level : {1, 3, 6, 9}) {
    for (const int size : {200, 4096}) {
      for (const int takeover : {0, 1}) benchmark->Args({size, level, 8, takeover});
    }
  }
  for (const int memory : {1, 4, 6, 9}) benchmark->Args({200, 6, memory, 1});
  for (const int memory : {1, 4, 6, 9}) benchmark->Args({4096, 6, memory, 1});
  for (const int size : {16, 32, 48, 64, 96, 128}) {
    for (const int takeover : {0, 1}) benchmark->Args({size, 6, 8, takeover});
  }
}

BENCHMARK(deflate)->Apply(settings);
BENCHMARK(inflate)->ArgNames({"bytes", "takeover"})->ArgsProduct({{200, 4096}, {0, 1}});

}  // namespace
