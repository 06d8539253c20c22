#include "connecting.hpp"

#include "watch.hpp"

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <system_error>
#include <utility>

namespace bench {

// GCC 12 destroys some temporaries of a co_await expression twice: so what has any is made first,
// and awaited then.

namespace {

constexpr seconds quiet{0.5};
constexpr std::size_t a_few = 32;

struct progress {
  std::size_t to_begin;
  std::size_t to_end;
  asio::steady_timer all_ended;
};

using progress_ptr = std::shared_ptr<progress>;

asio::awaitable<void> connect_in_turn(connect_one connect, progress_ptr all) {
  while (all->to_begin > 0) {
    --all->to_begin;
    auto connecting = connect();
    co_await std::move(connecting);
    if (--all->to_end == 0) all->all_ended.cancel();
  }
}

}  // namespace

asio::awaitable<void> connect_many(std::size_t count, std::size_t at_once, connect_one connect) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer all_ended(executor, asio::steady_timer::time_point::max());
  const progress_ptr all(new progress{count, count, std::move(all_ended)});
  for (std::size_t i = 0; i < at_once; ++i) start(executor, connect_in_turn(connect, all));
  std::error_code canceled;
  co_await all->all_ended.async_wait(asio::redirect_error(asio::use_awaitable, canceled));
}

asio::awaitable<void> connect_together(plan p, connect_one connect) {
  auto connecting = connect_many(p.connections, p.connections, std::move(connect));
  co_await std::move(connecting);
}

asio::awaitable<figures> count_connects(plan p, connect_one connect) {
  const meter measured;
  auto connecting = connect_many(p.connections, p.in_flight, std::move(connect));
  co_await std::move(connecting);
  co_return measured.read(static_cast<double>(p.connections));
}

asio::awaitable<figures> watch_memory(plan p, connect_one connect) {
  const double before = resident_bytes();
  auto connecting = connect_many(p.connections, a_few, std::move(connect));
  co_await std::move(connecting);
  co_await sleep(quiet);
  const double each = (resident_bytes() - before) / static_cast<double>(p.connections);
  co_return figures{.bytes_per_connection = each};
}

}  // namespace bench
