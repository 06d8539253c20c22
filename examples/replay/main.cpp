// A trading client is recorded while it talks to a server. Then its recording is replayed: to the
// same handler, which sends the same, and to a changed one, whose first different order is shown.

#include "trader.hpp"

#include <wsx/recorded.hpp>
#include <wsx/testing/replay.hpp>
#include <wsx/testing/scripted_server.hpp>
#include <wsx/testing/temp_dir.hpp>
#include <wsx/wsx.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;

constexpr int prices[] = {100, 103, 99, 104, 108, 95, 96, 101, 97, 110};

void serve(wsx::testing::server_connection& client) {
  client.accept();
  for (const int price : prices) client.send_text(std::to_string(price));
  client.send_close(1000);
  client.read_until_eof();
}

// Everything that the recorder knows about a whole session.
asio::awaitable<void> record(asio::io_context& io, std::string url, std::filesystem::path file) {
  const auto recorder = std::make_shared<wsx::flight_recorder>();
  wsx::client<wsx::recorded<trader>> client(io, std::in_place, trader{.limit = 100}, recorder);
  co_await client.connect(url);
  co_await client.join();
  recorder->snapshot(file);
}

// Returns whether it sends what was sent then.
bool replay(const std::filesystem::path& file, trader handler) {
  const auto result = wsx::testing::replay(file, handler);
  fmt::print("limit {}: {} frames as then\n", handler.limit, result.same);
  if (result.difference) fmt::print("  {}\n", describe(*result.difference));
  return !result.difference;
}

}  // namespace

int main() {
  try {
    const wsx::testing::temp_dir dir;
    const auto file = std::filesystem::path(dir.path()) / "trader.wsxrec";
    wsx::testing::scripted_server server{serve};
    asio::io_context io(1);
    std::exception_ptr failure;
    asio::co_spawn(io, record(io, server.url(), file),
                   [&failure](std::exception_ptr what) { failure = what; });
    io.run_for(60s);
    if (failure) std::rethrow_exception(failure);
    const bool same = replay(file, trader{.limit = 100});
    const bool changed = !replay(file, trader{.limit = 97});
    return same && changed ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "replay: {}\n", error.what());
    return 1;
  }
}
