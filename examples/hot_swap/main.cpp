#include "feed.hpp"

#include <wsx/testing/scripted_server.hpp>
#include <wsx/wsx.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

// Counts the messages of a busy server. Meanwhile version 2 of the handler is compiled, and
// replaces version 1 on the open connection. Succeeds if both versions together have seen each
// number once. Usage: hot_swap MODULE COMMAND...      COMMAND compiles version_2.cpp to the file
// MODULE
//        hot_swap feed-2.so c++ -std=c++20 -shared -fPIC -fvisibility=hidden version_2.cpp
//            -o feed-2.so $(pkg-config --cflags wsx)

namespace {

using namespace wsx::testing;
using client_type = wsx::client<wsx::any_handler>;

// Version 1.
struct first_feed {
  static constexpr std::string_view version = "1";

  std::string save() const { return state.save(); }

  void handle_frame(wsx::text number) {
    if (number.payload != std::to_string(state.count)) ++state.missing;
    ++state.count;
  }
  void handle_cast(const how_many& q) { q.answer(version, state.count, state.missing); }

  feed_state state{};
};

// Sends numbers until the client closes, a burst for each ping.
void send_numbers(server_connection& client) {
  client.accept();
  long number = 0;
  while (const auto frame = client.read_frame()) {
    if (frame->opcode == opcodes::close) break;
    for (int burst = 0; burst < 100; ++burst) client.send_text(std::to_string(number++));
  }
  client.send_close(1000);
}

std::string as_command(int count, char** arguments) {
  std::string command;
  for (int i = 2; i < count; ++i) command += '\'' + std::string(arguments[i]) + "' ";
  return command;
}

template <class T>
T run(client_type& client, asio::awaitable<T> operation) {
  return asio::co_spawn(client.get_executor(), std::move(operation), asio::use_future).get();
}

// Asks the handler, whichever it is, and lets the server send more.
long ask(client_type& client, bool& right) {
  std::promise<long> count;
  client.try_send(wsx::text{"more"});
  client.cast(how_many{[&](std::string_view version, long counted, long missing) {
    std::cout << "version " << version << ": " << counted << " messages\n";
    right = missing == 0;
    count.set_value(counted);
  }});
  return count.get_future().get();
}

int swap(client_type& client, const std::string& file, const std::string& command) {
  auto compiled = std::async(std::launch::async, [&] { return std::system(command.c_str()); });
  bool right = false;
  while (compiled.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready)
    ask(client, right);
  if (compiled.get() != 0) return EXIT_FAILURE;

  const wsx::module next(file);
  run(client, client.code_change(next));
  const long before = ask(client, right);
  while (ask(client, right) < before + 1000) continue;
  run(client, client.close());
  return right && client.stats().connects == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::cerr << "usage: hot_swap MODULE COMMAND...\n";
    return 2;
  }
  try {
    const scripted_server server{send_numbers};
    asio::io_context io;
    const auto work = asio::make_work_guard(io);
    const std::jthread thread([&] { io.run(); });
    const auto stop = std::shared_ptr<void>(nullptr, [&](void*) { io.stop(); });
    client_type client(io, first_feed());
    run(client, client.connect(server.url()));
    return swap(client, arguments[1], as_command(count, arguments));
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return EXIT_FAILURE;
  }
}
