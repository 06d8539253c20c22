#include "replay_transport.hpp"

#include <wsx/testing/server_frame.hpp>
#include <wsx/wsx.hpp>

#include <asio/detached.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

// Moves messages, for scripts/bench-instructions to count what each costs.
// Usage: instructions receive_binary|receive_text|echo|send COUNT SIZE
//        instructions receive_replaceable|echo_replaceable COUNT SIZE
// The handler can be replaced in the last two: to be compared with receive_binary and echo.

namespace {

struct counter {
  std::size_t left;
  asio::io_context* io;
  bool echoes;

  wsx::action handle_frame(wsx::text) { return count(wsx::ok()); }
  wsx::action handle_frame(wsx::binary message) {
    return count(echoes ? wsx::reply(message) : wsx::ok());
  }

 private:
  wsx::action count(wsx::action what) {
    if (--left == 0) io->stop();
    return what;
  }
};

// The same without anything to return.
struct silent_counter {
  std::size_t left;
  asio::io_context* io;

  void handle_frame(wsx::text) { count(); }
  void handle_frame(wsx::binary) { count(); }

 private:
  void count() {
    if (--left == 0) io->stop();
  }
};

template <class Handler>
using replay_client = wsx::basic_client<Handler, bench::replay_transport>;

// So many bytes a turn of the event loop: they fit the queue.
constexpr std::size_t in_a_row = 512 * 1024;

bool send(asio::io_context& io, replay_client<silent_counter>& client, std::size_t count,
          std::string_view payload) {
  const auto work = asio::make_work_guard(io);  // the transport has nothing to wait for
  io.poll();
  const std::size_t messages = in_a_row / (payload.size() + 16);
  for (std::size_t left = count; left > 0;) {
    const std::size_t turn = std::min(left, messages);
    for (std::size_t i = 0; i < turn; ++i) {
      if (!client.try_send(wsx::binary(payload))) return false;
    }
    left -= turn;
    io.poll();
  }
  return client.stats().frames_sent == count;
}

template <class Handler, class Client>
std::size_t left(Client& client) {
  if constexpr (std::same_as<typename Client::handler_type, wsx::any_handler>) {
    return client.handler().template get_if<Handler>()->left;
  } else {
    return client.handler().left;
  }
}

// Receives with a client of `Held`, which is the handler's type or `any_handler`.
template <class Held, class Handler>
bool receive(asio::io_context& io, const wsx::options& options, Handler handler) {
  replay_client<Held> client(io.get_executor(), std::move(handler), options);
  client.connect("ws://replay/", asio::detached);
  io.run();
  return left<Handler>(client) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const std::string_view scenario = argv[1];
  const std::size_t count = std::stoul(argv[2]);
  const std::string payload(std::stoul(argv[3]), 'x');

  asio::io_context io(1);
  wsx::options options;
  options.ping_interval = std::chrono::milliseconds(0);
  // Time flies under callgrind: how often the client looks at the clock is not to depend on it.
  options.max_turn = std::chrono::seconds(1);
  auto& replay = bench::replay_transport::the_replay;
  replay.frame =
      encode_server_frame(scenario == "receive_text" ? wsx::testing::text_frame(payload)
                                                     : wsx::testing::binary_frame(payload));
  replay.left = scenario == "send" ? 0 : count;
  replay.one_in_flight = scenario.starts_with("echo");

  const counter echo{count, &io, true};
  const silent_counter silent{count, &io};
  bool all = false;
  if (scenario == "echo") {
    all = receive<counter>(io, options, echo);
  } else if (scenario == "echo_replaceable") {
    all = receive<wsx::any_handler>(io, options, echo);
  } else if (scenario == "receive_replaceable") {
    all = receive<wsx::any_handler>(io, options, silent);
  } else if (scenario == "send") {
    replay_client<silent_counter> client(io.get_executor(), silent, options);
    client.connect("ws://replay/", asio::detached);
    all = send(io, client, count, payload);
  } else {
    all = receive<silent_counter>(io, options, silent);
  }
  return all ? 0 : 1;
}
