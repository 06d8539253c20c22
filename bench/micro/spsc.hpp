#pragma once

#include "../common/thread.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <thread>

namespace bench {

// A load that is the same for any queue of one producer and one consumer. A queue is made of how
// many bytes of items it holds, and has `bool push(const Item&)` and `bool pop(Item&)`.

template <std::size_t Size>
using item = std::array<std::byte, Size>;

inline constexpr std::size_t spsc_capacity = 1 << 20;

/// One after the other, on one thread: what the instructions cost.
template <template <class> class Queue, std::size_t Size>
void push_then_pop(benchmark::State& state) {
  Queue<item<Size>> queue(spsc_capacity);
  item<Size> in{};
  item<Size> out{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(in);
    benchmark::DoNotOptimize(queue.push(in));
    benchmark::DoNotOptimize(queue.pop(out));
    benchmark::DoNotOptimize(out);
  }
  state.SetItemsProcessed(state.iterations());
}

/// The time of an iteration is one push; the other core takes the items out meanwhile.
template <template <class> class Queue, std::size_t Size>
void push_to_other_core(benchmark::State& state) {
  Queue<item<Size>> queue(spsc_capacity);
  std::atomic<bool> done{false};
  std::thread consumer([&] {
    pin_this_thread(1);
    item<Size> out{};
    // `done` is read before the queue: so what was pushed before it was set is taken as well.
    for (bool last = false; !last;) {
      last = done.load(std::memory_order_acquire);
      while (queue.pop(out)) benchmark::DoNotOptimize(out);
    }
  });
  pin_this_thread(0);
  item<Size> in{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(in);
    while (!queue.push(in)) continue;
  }
  done.store(true, std::memory_order_release);
  consumer.join();
  state.SetItemsProcessed(state.iterations());
}

/// Small messages, as a feed has them.
template <template <class> class Queue>
void register_spsc(const std::string& name) {
  const auto add = [&](const char* load, std::size_t size, void (*run)(benchmark::State&)) {
    const auto full = name + '/' + load + '/' + std::to_string(size);
    return benchmark::RegisterBenchmark(full.c_str(), run);
  };
  add("one_thread", 16, push_then_pop<Queue, 16>);
  add("one_thread", 125, push_then_pop<Queue, 125>);
  add("two_cores", 16, push_to_other_core<Queue, 16>)->UseRealTime();
  add("two_cores", 125, push_to_other_core<Queue, 125>)->UseRealTime();
}

}  // namespace bench
