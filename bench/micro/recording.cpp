#include <wsx/recording/flight_recorder.hpp>
#include <wsx/testing/replay.hpp>
#include <wsx/wsx.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <sstream>
#include <string>

// What it costs to record a frame, and to replay a recording.

namespace {

using namespace wsx::recording;

void record(benchmark::State& state, wsx::recorder_options options) {
  const std::string payload(static_cast<std::size_t>(state.range(0)), 'x');
  const frame_facts facts{frame_direction::received, wsx::opcode::binary, true, false,
                          payload.size()};
  wsx::flight_recorder recorder(std::move(options));
  for (auto _ : state) recorder.frame(facts, wsx::as_bytes(payload));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void record_frame(benchmark::State& state) {
  record(state, {});
}
void record_frame_in_cache(benchmark::State& state) {
  wsx::recorder_options options;
  options.memory = 128 * 1024;
  record(state, std::move(options));
}
void record_frame_redacted(benchmark::State& state) {
  wsx::recorder_options options;
  options.redact = [](const frame_facts&, std::span<std::byte> payload) {
    benchmark::DoNotOptimize(payload.data());
  };
  record(state, std::move(options));
}

// Answers with a number that depends on all that came before.
struct digesting {
  std::uint64_t sum = 14695981039346656037U;

  wsx::action handle_frame(wsx::text m) { return wsx::reply(add(m.payload)); }

  std::string add(std::string_view text) {
    for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211U;
    return std::to_string(sum);
  }
};

frame_facts text_of(std::string_view payload, frame_direction direction) {
  return {direction, wsx::opcode::text, true, false, payload.size()};
}

std::string recording_of(std::int64_t messages) {
  wsx::recorder_options options;
  options.memory = static_cast<std::size_t>(messages) * 160 + 4096;
  wsx::flight_recorder recorder(options);
  recorder.connected({});
  digesting handler;
  for (std::int64_t i = 0; i < messages; ++i) {
    const auto text = "message " + std::to_string(i);
    recorder.frame(text_of(text, frame_direction::received), wsx::as_bytes(text));
    const auto answer = handler.add(text);
    recorder.frame(text_of(answer, frame_direction::sent), wsx::as_bytes(answer));
  }
  std::ostringstream out;
  recorder.snapshot(out);
  return std::move(out).str();
}

/// An iteration replays all messages, and compares what is sent byte by byte.
void replay_messages(benchmark::State& state) {
  const auto file = recording_of(state.range(0));
  wsx::testing::replay_options options;
  options.speed = wsx::testing::replay_speed::as_fast_as_possible;
  for (auto _ : state) {
    std::istringstream in(file);
    const auto result = wsx::testing::replay(in, digesting(), options);
    if (result.difference || result.same != static_cast<std::uint64_t>(state.range(0)))
      state.SkipWithError("it sends something else");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(record_frame)->Arg(16)->Arg(125)->Arg(1024)->Arg(65536);
BENCHMARK(record_frame_in_cache)->Arg(125);
BENCHMARK(record_frame_redacted)->Arg(125);
BENCHMARK(replay_messages)->Arg(1'000'000)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
