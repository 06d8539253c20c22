#include "connecting.hpp"

#include "watch.hpp"

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

namespace bench {

namespace {

constexpr seconds quiet{1.0};

struct progress {
  std::size_t to_begin;
  std::size_t to_end;
  asio::steady_timer all_ended;
};

using progress_ptr = std::shared_ptr<progress>;

asio::awaitable<void> connect_in_turn(one_connect connect, progress_ptr all) {
  while (all->to_begin > 0) {
    --all->to_begin;
    auto connecting = connect();
    co_await std::move(connecting);
    if (--all->to_end == 0) all->all_ended.cancel();
  }
}

}  // namespace

asio::awaitable<figures> watch_memory(plan p, double before) {
  co_await sleep(quiet);
  const double each = (resident_bytes() - before) / static_cast<double>(p.connections);
  co_return figures{.bytes_per_connection = each};
}

asio::awaitable<figures> count_connects(plan p, one_connect connect) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer all_ended(executor, asio::steady_timer::time_point::max());
  const progress_ptr all(new progress{p.connections, p.connections, std::move(all_ended)});
  const meter measured;
  for (std::size_t i = 0; i < p.in_flight; ++i) start(executor, connect_in_turn(connect, all));
  std::error_code canceled;
  auto waiting = all->all_ended.async_wait(asio::redirect_error(asio::use_awaitable, canceled));
  co_await std::move(waiting);
  co_return measured.read(static_cast<double>(p.connections));
}

}  // namespace bench
