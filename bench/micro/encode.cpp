#include <wsx/protocol/frame_encoder.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

namespace protocol = wsx::protocol;

void write_header(benchmark::State& state) {
  std::array<std::byte, protocol::max_header_size> target{};
  protocol::frame_head head{.length = static_cast<std::uint64_t>(state.range(0))};
  for (auto _ : state) {
    benchmark::DoNotOptimize(head);
    benchmark::DoNotOptimize(protocol::write_header(target.data(), head, {}));
    benchmark::ClobberMemory();
  }
}

/// `fresh_key` as the client does it; otherwise what the encoder alone costs.
void encode(benchmark::State& state, bool fresh_key) {
  const std::vector<std::byte> payload(static_cast<std::size_t>(state.range(0)), std::byte{'x'});
  std::vector<std::byte> target(protocol::max_header_size + payload.size());
  protocol::mask_key_source keys;
  protocol::mask_key key = keys.next();
  for (auto _ : state) {
    if (fresh_key) key = keys.next();
    benchmark::DoNotOptimize(protocol::encode_frame(target.data(), {}, payload, key));
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void encode_frame(benchmark::State& state) {
  encode(state, false);
}
void encode_frame_fresh_key(benchmark::State& state) {
  encode(state, true);
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  for (const int size : {0, 16, 125, 1024, 4096, 65536, 1 << 20}) benchmark->Arg(size);
}

BENCHMARK(write_header)->Arg(125)->Arg(126)->Arg(65536);
BENCHMARK(encode_frame)->Apply(sizes);
BENCHMARK(encode_frame_fresh_key)->Apply(sizes);

}  // namespace
