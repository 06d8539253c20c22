#include "connecting.hpp"
#include "watch.hpp"
#include "wsx_client.hpp"

#include <asio/this_coro.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace bench {

namespace {

using client = wsx::client<silent>;

asio::awaitable<figures> open_idle(plan p) {
  const auto executor = co_await asio::this_coro::executor;
  std::vector<std::unique_ptr<client>> clients;
  clients.reserve(p.connections);
  const double before = resident_bytes();
  for (std::size_t i = 0; i < p.connections; ++i) {
    clients.push_back(std::make_unique<client>(executor, silent(), options_of(p)));
    auto connecting = clients.back()->connect(url_of(p));
    co_await std::move(connecting);
  }
  auto watching = watch_memory(p, before);
  co_return co_await std::move(watching);
}

asio::awaitable<void> connect_and_drop(plan p) {
  const auto executor = co_await asio::this_coro::executor;
  client c(executor, silent(), options_of(p));
  auto connecting = c.connect(url_of(p));
  co_await std::move(connecting);
}

asio::awaitable<figures> connect_all(plan p) {
  one_connect connect_one = [p] { return connect_and_drop(p); };
  auto counting = count_connects(p, std::move(connect_one));
  co_return co_await std::move(counting);
}

}  // namespace

figures wsx_idle(const plan& p) {
  return run_here(open_idle(p));
}

figures wsx_connect(const plan& p) {
  return run_here(connect_all(p));
}

}  // namespace bench
