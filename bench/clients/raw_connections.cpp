#include "connecting.hpp"
#include "raw_connection.hpp"
#include "raw_scenarios.hpp"
#include "watch.hpp"

#include <asio/detached.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace bench::raw {

namespace {

asio::awaitable<figures> open_idle(plan p) {
  dialer d(p);
  std::vector<connection_ptr> all;
  all.reserve(p.connections);
  const double before = resident_bytes();
  for (std::size_t i = 0; i < p.connections; ++i) {
    auto c = co_await d.dial();
    c->socket.async_wait(asio::ip::tcp::socket::wait_read, asio::detached);
    all.push_back(std::move(c));
  }
  auto watching = watch_memory(p, before);
  co_return co_await std::move(watching);
}

asio::awaitable<void> dial_and_drop(dialer& d) {
  co_await d.dial();
}

asio::awaitable<figures> connect_all(plan p) {
  dialer d(p);
  one_connect connect_one = [&d] { return dial_and_drop(d); };
  auto counting = count_connects(p, connect_one);
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
