#include <wsx/protocol/utf8.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

std::string repeated_to(std::string_view pattern, std::size_t size) {
  std::string text;
  while (text.size() + pattern.size() <= size) text += pattern;
  text.resize(size, '.');
  return text;
}

std::string ascii(std::size_t size) {
  return repeated_to("The quick brown fox jumps. ", size);
}

/// Characters of one to four bytes.
std::string mixed(std::size_t size) {
  return repeated_to("a\u00e9\u20ac\U0001f600", size);
}

template <std::string (*Text)(std::size_t)>
void is_utf8(benchmark::State& state) {
  const std::string text = Text(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    const char* data = text.data();
    benchmark::DoNotOptimize(data);
    benchmark::DoNotOptimize(wsx::protocol::is_utf8(wsx::as_bytes({data, text.size()})));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

template <std::string (*Text)(std::size_t)>
void feed_in_two_pieces(benchmark::State& state) {
  const std::string text = Text(static_cast<std::size_t>(state.range(0)));
  const std::string_view first = std::string_view(text).substr(0, text.size() / 2);
  const std::string_view second = std::string_view(text).substr(first.size());
  for (auto _ : state) {
    wsx::protocol::utf8_validator validator;
    benchmark::DoNotOptimize(validator.feed(wsx::as_bytes(first)));
    benchmark::DoNotOptimize(validator.feed(wsx::as_bytes(second)));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

BENCHMARK(is_utf8<ascii>)->Arg(16)->Arg(125)->Arg(4096);
BENCHMARK(is_utf8<mixed>)->Arg(16)->Arg(125)->Arg(4096);
BENCHMARK(feed_in_two_pieces<ascii>)->Arg(16)->Arg(125)->Arg(4096);
BENCHMARK(feed_in_two_pieces<mixed>)->Arg(16)->Arg(125)->Arg(4096);

}  // namespace
