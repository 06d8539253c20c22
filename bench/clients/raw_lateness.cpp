#include "raw_scenarios.hpp"
#include "ticker.hpp"
#include "watch.hpp"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>

#include <utility>

namespace bench::raw {

namespace {

// An I/O context that has nothing else to do. The rate is that of the timer.
asio::awaitable<figures> tick(plan p) {
  round_trips late;
  const ticker<asio::steady_timer> ticks(co_await asio::this_coro::executor, late);
  auto watching = watch(p, late);
  co_return co_await std::move(watching);
}

}  // namespace

figures lateness(const plan& p) {
  return run_here(tick(p));
}

}  // namespace bench::raw
