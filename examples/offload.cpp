// A feed of prices whose handler is slow. Four workers handle it: the messages of one instrument in
// order, those of different ones at the same time, and of those that wait only the latest. The
// server runs in this program.

#include <wsx/testing/scripted_server.hpp>
#include <wsx/wsx.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace {

using namespace std::chrono_literals;

constexpr int instruments = 5;
constexpr int prices = 1000;

struct quote {
  std::string instrument;
  std::string price;
};

// "BTC 17"
struct slow_feed {
  std::string_view key(const wsx::message& m) const {
    return m.text().substr(0, m.text().find(' '));
  }

  // On a worker.
  void handle_frame(wsx::text m, wsx::worker_session& s) {
    std::this_thread::sleep_for(100us);
    const auto blank = m.payload.find(' ');
    s.post(*this, quote{std::string(m.payload.substr(0, blank)),
                        std::string(m.payload.substr(blank + 1))});
  }

  // On the strand: needs no lock.
  wsx::action handle_info(const quote& q) {
    last[q.instrument] = q.price;
    const bool all = last.size() == instruments;
    for (const auto& [instrument, price] : last) {
      if (price != std::to_string(prices - 1)) return wsx::ok();
    }
    return all ? wsx::close() : wsx::ok();
  }

  std::map<std::string, std::string> last{};
};

asio::awaitable<void> run(asio::io_context& io, asio::thread_pool& pool, std::string url) {
  wsx::offload_options queue;
  queue.policy = wsx::overflow_policy::conflate;
  queue.workers = 4;
  wsx::client<wsx::offloaded<slow_feed>> client(io, std::in_place, pool, queue);
  co_await client.connect(url);
  co_await client.join();
  const auto stats = client.handler().queue_stats();
  fmt::print("{} messages, {} handled, {} replaced by later ones\n", stats.queued, stats.handled,
             stats.conflated);
}

void serve(wsx::testing::server_connection& client) {
  client.accept();
  for (int price = 0; price < prices; ++price) {
    for (int i = 0; i < instruments; ++i) client.send_text(fmt::format("I{} {}", i, price));
  }
  client.expect_close();
  client.send_close();
}

}  // namespace

int main() {
  try {
    wsx::testing::scripted_server server{serve};
    asio::thread_pool pool(4);
    asio::io_context io(1);
    std::exception_ptr failure;
    asio::co_spawn(io, run(io, pool, server.url()),
                   [&failure](std::exception_ptr what) { failure = what; });
    io.run_for(60s);
    if (failure) std::rethrow_exception(failure);
    return io.stopped() ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "offload: {}\n", error.what());
    return 1;
  }
}
