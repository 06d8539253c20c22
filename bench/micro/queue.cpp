#include <wsx/protocol/frame_queue.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace {

namespace protocol = wsx::protocol;

constexpr std::size_t capacity = 1 << 20;
/// Takes what there is, as the client's write loop does; false if there is nothing.
bool take(protocol::frame_queue& queue) {
  const auto run = queue.take_messages(capacity);
  benchmark::DoNotOptimize(run.bytes.data());
  benchmark::ClobberMemory();
  queue.release(run.bytes.size());
  return run.frames > 0;
}

void push_then_read(benchmark::State& state) {
  const std::vector<std::byte> payload(static_cast<std::size_t>(state.range(0)), std::byte{'x'});
  protocol::frame_queue queue(capacity);
  for (auto _ : state) {
    benchmark::DoNotOptimize(queue.try_push({}, payload));
    benchmark::DoNotOptimize(take(queue));
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

/// The time of an iteration is one push; another thread takes the frames out meanwhile.
void push_across_threads(benchmark::State& state) {
  const std::vector<std::byte> payload(static_cast<std::size_t>(state.range(0)), std::byte{'x'});
  protocol::frame_queue queue(capacity);
  std::atomic<bool> done{false};
  std::thread consumer([&] {
    // `done` is read before the queue: so what was pushed before it was set is taken as well.
    for (bool last = false; !last;) {
      last = done.load(std::memory_order_acquire);
      while (take(queue)) continue;
      std::this_thread::yield();
    }
  });
  for (auto _ : state) {
    while (!queue.try_push({}, payload)) std::this_thread::yield();
  }
  done.store(true, std::memory_order_release);
  consumer.join();
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

BENCHMARK(push_then_read)->Arg(16)->Arg(125)->Arg(4096);
BENCHMARK(push_across_threads)->Arg(16)->Arg(125)->Arg(4096)->UseRealTime();

}  // namespace
