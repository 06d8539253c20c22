#include "server_input.hpp"

#include <wsx/protocol/message_assembler.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

namespace {

namespace opcodes = wsx::testing::opcodes;
using wsx::protocol::receive_event;

template <std::uint8_t Opcode>
void assemble(benchmark::State& state) {
  const auto input = bench::make_input(Opcode, static_cast<std::size_t>(state.range(0)),
                                       static_cast<std::size_t>(state.range(1)));
  wsx::protocol::message_assembler assembler;
  for (auto _ : state) {
    assembler.feed(wsx::as_bytes(input.bytes));
    while (assembler.next() != receive_event::need_input) {
      auto payload = assembler.payload();
      benchmark::DoNotOptimize(payload);
    }
  }
  bench::report_each(state, "message", input.messages, input.bytes.size());
}

void assemble_binary(benchmark::State& state) {
  assemble<opcodes::binary>(state);
}
void assemble_text(benchmark::State& state) {
  assemble<opcodes::text>(state);
}

/// Messages in one frame, and in four.
void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"size", "frames"});
  benchmark->ArgsProduct({{16, 125, 1024, 65536}, {1, 4}});
}

BENCHMARK(assemble_binary)->Apply(sizes);
BENCHMARK(assemble_text)->Apply(sizes);

}  // namespace
