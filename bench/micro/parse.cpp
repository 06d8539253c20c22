#include "server_input.hpp"

#include <wsx/protocol/frame_parser.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>

namespace {

void parse(benchmark::State& state) {
  const auto input =
      bench::make_input(wsx::testing::opcodes::binary, static_cast<std::size_t>(state.range(0)));
  wsx::protocol::frame_parser parser;
  wsx::protocol::frame_piece piece;
  for (auto _ : state) {
    parser.feed(wsx::as_bytes(input.bytes));
    while (parser.next(piece) == wsx::protocol::parse_status::piece) {
      benchmark::DoNotOptimize(piece);
    }
  }
  bench::report_each(state, "frame", input.frames, input.bytes.size());
}

BENCHMARK(parse)->Arg(16)->Arg(125)->Arg(1024)->Arg(65536);

}  // namespace
