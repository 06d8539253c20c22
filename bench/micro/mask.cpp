#include <wsx/protocol/mask.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

constexpr wsx::protocol::mask_key key{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21},
                                      std::byte{0x3d}};

// A payload begins behind a header of 6, 8 or 14 bytes: so targets are rarely aligned.
constexpr std::size_t header = 14;

/// The floor: what moving the bytes costs without masking them.
void copy(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::vector<std::byte> source(size, std::byte{'x'});
  std::vector<std::byte> target(header + size);
  for (auto _ : state) {
    std::memcpy(target.data() + header, source.data(), size);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void mask_copy(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::vector<std::byte> source(size, std::byte{'x'});
  std::vector<std::byte> target(header + size);
  for (auto _ : state) {
    wsx::protocol::mask_copy(target.data() + header, source, key);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void mask_in_place(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  std::vector<std::byte> bytes(header + size, std::byte{'x'});
  std::byte* payload = bytes.data() + header;
  for (auto _ : state) {
    wsx::protocol::mask_copy(payload, {payload, size}, key);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void next_key(benchmark::State& state) {
  wsx::protocol::mask_key_source keys;
  for (auto _ : state) benchmark::DoNotOptimize(keys.next());
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  for (const int size : {16, 64, 125, 1024, 4096, 16384, 262144, 1 << 20}) benchmark->Arg(size);
}

BENCHMARK(copy)->Apply(sizes);
BENCHMARK(mask_copy)->Apply(sizes);
BENCHMARK(mask_in_place)->Apply(sizes);
BENCHMARK(next_key);

}  // namespace
