#include "connecting.hpp"
#include "raw_connection.hpp"
#include "raw_scenarios.hpp"
#include "watch.hpp"

#include <asio/detached.hpp>

#include <utility>
#include <vector>

namespace bench::raw {

namespace {

using connections = std::vector<connection_ptr>;

asio::awaitable<void> dial_and_drop(dialer& d) {
  co_await d.dial();
}

asio::awaitable<void> dial_and_wait(dialer& d, connections& all) {
  all.push_back(co_await d.dial());
  all.back()->socket.async_wait(asio::ip::tcp::socket::wait_read, asio::detached);
}

asio::awaitable<figures> open_idle(plan p) {
  dialer d(p);
  connections all;
  all.reserve(p.connections);
  auto watching = watch_memory(p, [&] { return dial_and_wait(d, all); });
  co_return co_await std::move(watching);
}

asio::awaitable<figures> connect_all(plan p) {
  dialer d(p);
  auto counting = count_connects(p, [&] { return dial_and_drop(d); });
  co_return co_await std::move(counting);
}

}  // namespace

figures idle(const plan& p) {
  return run_here(open_idle(p));
}

figures connect(const plan& p) {
  return run_here(connect_all(p));
}

}  // namespace bench::raw
