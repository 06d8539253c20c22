#include "server_input.hpp"

#include <wsx/testing/memory_transport.hpp>
#include <wsx/wsx.hpp>

#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

// What a message costs that workers handle: the copy, the queue, and the call on the other side.
// Compare with client_receives, whose handler does the same on the strand.

namespace {

using namespace wsx::testing;

struct counter {
  std::size_t messages = 0;
  void handle_frame(wsx::binary) { ++messages; }
};

/// As many keys as there are messages with different first bytes.
struct keyed : counter {
  unsigned char key(const wsx::message& m) { return static_cast<unsigned char>(m.text()[0]); }
};

template <class Handler>
class offloaded_client {
 public:
  explicit offloaded_client(wsx::offload_options queue)
      : client_(io_, calm(), std::in_place, pool_, std::move(queue)) {
    client_.connect(listener_.url(), asio::detached);
    poll(io_);
    peer_ = listener_.next();
    peer_->accept();
    poll(io_);
    peer_->discard_written();
  }

  void write(const std::string& bytes) { peer_->write(bytes); }
  /// The strand's half, then the worker's.
  void run() {
    poll(io_);
    poll(pool_);
    poll(io_);
  }
  std::size_t messages() { return client_.handler().messages; }

 private:
  static wsx::options calm() {
    return wsx::options().set(&wsx::options::ping_interval, std::chrono::milliseconds(0));
  }
  static void poll(asio::io_context& io) {
    io.restart();
    io.poll();
  }

  asio::io_context io_{1};
  asio::io_context pool_{1};
  memory_listener listener_{"offload"};
  std::optional<memory_peer> peer_{};
  wsx::basic_client<wsx::offloaded<Handler>, memory_transport> client_;
};

template <class Handler>
void offload_receives(benchmark::State& state) {
  const auto input = bench::make_input(opcodes::binary, static_cast<std::size_t>(state.range(0)));
  wsx::offload_options queue;
  queue.workers = 1;
  queue.max_messages = static_cast<std::size_t>(input.messages);
  offloaded_client<Handler> client(std::move(queue));
  for (auto _ : state) {
    client.write(input.bytes);
    client.run();
  }
  const auto expected = static_cast<std::size_t>(state.iterations() * input.messages);
  if (client.messages() != expected) state.SkipWithError("messages were lost");
  bench::report_each(state, "message", input.messages, input.bytes.size());
}

BENCHMARK(offload_receives<counter>)->Arg(16)->Arg(125)->Arg(1024)->Arg(65536);
BENCHMARK(offload_receives<keyed>)->Arg(125);

}  // namespace
