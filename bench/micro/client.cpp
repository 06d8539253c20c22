#include "server_input.hpp"

#include <wsx/testing/memory_transport.hpp>
#include <wsx/wsx.hpp>

#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace {

using namespace wsx::testing;

struct counter {
  std::size_t messages = 0;
  void handle_frame(wsx::binary) { ++messages; }
};

/// A whole client, connected, and its server's end: everything but a socket. The transport's copies
/// in memory, two for each byte, stand for what the kernel does.
struct connection {
  explicit connection(int thread) : listener("bench" + std::to_string(thread)) {
    wsx::options options;
    options.ping_interval = std::chrono::milliseconds(0);
    client.emplace(io.get_executor(), counter(), options);
    client->connect(listener.url(), asio::detached);
    run();
    peer = listener.next();
    peer->accept();
    run();
    peer->discard_written();
  }

  void run() {
    io.restart();
    io.poll();
  }

  asio::io_context io{1};
  memory_listener listener;
  std::optional<memory_peer> peer{};
  std::optional<wsx::basic_client<counter, memory_transport>> client{};
};

/// An iteration is as many messages as fit one read.
void client_receives(benchmark::State& state) {
  const auto input = bench::make_input(opcodes::binary, static_cast<std::size_t>(state.range(0)));
  connection c(state.thread_index());
  for (auto _ : state) {
    c.peer->write(input.bytes);
    c.run();
  }
  const auto expected = static_cast<std::size_t>(state.iterations() * input.messages);
  if (c.client->handler().messages != expected) state.SkipWithError("messages were lost");
  bench::report_each(state, "message", input.messages, input.bytes.size());
}

/// An iteration is as many messages as the queue surely has room for.
void client_sends(benchmark::State& state) {
  const std::string payload(static_cast<std::size_t>(state.range(0)), 'x');
  const std::size_t in_a_row = std::max<std::size_t>(512 * 1024 / (payload.size() + 14), 1);
  connection c(state.thread_index());
  bool taken = true;
  for (auto _ : state) {
    for (std::size_t i = 0; i < in_a_row; ++i) taken &= c.client->try_send(wsx::binary(payload));
    c.run();
    benchmark::DoNotOptimize(c.peer->discard_written());
  }
  if (!taken) state.SkipWithError("the queue was full");
  bench::report_each(state, "message", static_cast<std::int64_t>(in_a_row),
                     in_a_row * payload.size());
}

BENCHMARK(client_receives)->Arg(16)->Arg(125)->Arg(1024)->Arg(65536);
BENCHMARK(client_sends)->Arg(16)->Arg(125)->Arg(1024)->Arg(65536);

// A client and an io_context a thread. Clients share nothing, so two threads should take half the
// time a message that one takes, as far as the machine has two cores to spare.
BENCHMARK(client_receives)->Arg(125)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(client_sends)->Arg(125)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
