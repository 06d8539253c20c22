#include "connecting.hpp"
#include "watch.hpp"
#include "wsx_client.hpp"

#include <asio/this_coro.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bench {

namespace {

using client = wsx::client<silent>;
using clients = std::vector<std::unique_ptr<client>>;

asio::awaitable<void> connect_and_keep(plan p, clients& all) {
  const auto executor = co_await asio::this_coro::executor;
  all.push_back(std::make_unique<client>(executor, silent(), options_of(p)));
  auto connecting = all.back()->connect(url_of(p));
  co_await std::move(connecting);
}

asio::awaitable<void> connect_and_drop(const std::string& url, const wsx::options& options) {
  const auto executor = co_await asio::this_coro::executor;
  client c(executor, silent(), options);
  auto connecting = c.connect(url);
  co_await std::move(connecting);
}

asio::awaitable<figures> open_idle(plan p) {
  clients all;
  all.reserve(p.connections);
  auto watching = watch_memory(p, [&] { return connect_and_keep(p, all); });
  co_return co_await std::move(watching);
}

asio::awaitable<figures> connect_all(plan p) {
  const std::string url = url_of(p);
  const wsx::options options = options_of(p);
  auto counting = count_connects(p, [&] { return connect_and_drop(url, options); });
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
