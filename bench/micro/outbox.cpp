#include <wsx/protocol/frame_source.hpp>
#include <wsx/protocol/outbox.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace {

namespace protocol = wsx::protocol;

constexpr std::size_t queue_size = 1 << 20;

struct sending_side {
  std::shared_ptr<protocol::frame_source> source =
      std::make_shared<protocol::frame_source>(queue_size);
  protocol::outbox outbox{queue_size};

  sending_side() { outbox.attach(source); }

  /// Writes all there is, as to a transport that takes every batch whole.
  void write_all() {
    for (auto batch = outbox.batch(); !batch.empty(); batch = outbox.batch()) {
      benchmark::DoNotOptimize(batch.data());
      benchmark::ClobberMemory();
      outbox.wrote(batch.size());
    }
  }
};

/// An iteration is one frame; `range(1)` of them are queued before they are written.
void queued_frame(benchmark::State& state) {
  const std::vector<std::byte> payload(static_cast<std::size_t>(state.range(0)), std::byte{'x'});
  const std::int64_t in_a_row = state.range(1);
  sending_side side;
  for (std::int64_t queued = 0; auto _ : state) {
    benchmark::DoNotOptimize(side.source->queue.try_push({}, payload));
    if (++queued < in_a_row) continue;
    side.write_all();
    queued = 0;
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

/// Frames that a callback sends: they are encoded at once.
void staged_frame(benchmark::State& state) {
  const std::vector<std::byte> payload(static_cast<std::size_t>(state.range(0)), std::byte{'x'});
  const std::int64_t in_a_row = state.range(1);
  sending_side side;
  for (std::int64_t staged = 0; auto _ : state) {
    benchmark::DoNotOptimize(side.outbox.stage({}, payload));
    if (++staged < in_a_row) continue;
    side.write_all();
    staged = 0;
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

/// One at a time, and as many as fill half the queue: some batches.
void loads(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"size", "in_a_row"});
  constexpr std::int64_t half = queue_size / 2;
  for (const std::int64_t size : {16, 125, 1024, 65536}) {
    benchmark->Args({size, 1});
    benchmark->Args({size, std::clamp<std::int64_t>(half / (size + 14), 1, 2048)});
  }
}

BENCHMARK(queued_frame)->Apply(loads);
BENCHMARK(staged_frame)->Apply(loads);

}  // namespace
