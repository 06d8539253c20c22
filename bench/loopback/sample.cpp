#include "sample.hpp"

#include "thread.hpp"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>

namespace bench {

namespace {

using clock = std::chrono::steady_clock;

asio::awaitable<void> sleep(std::chrono::duration<double> time) {
  asio::steady_timer timer(co_await asio::this_coro::executor,
                           std::chrono::duration_cast<clock::duration>(time));
  co_await timer.async_wait(asio::use_awaitable);
}

double percentile(round_trips& times, double share) {
  if (times.empty()) return 0;
  const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(times.size() - 1));
  const auto place = times.begin() + rank;
  std::nth_element(times.begin(), place, times.end());
  return static_cast<double>(place->count());
}

}  // namespace

asio::awaitable<sample> watch(plan p, std::function<double()> messages) {
  co_await sleep(p.warm_up);
  const double before = messages();
  const auto begin = clock::now();
  const auto cpu_begin = thread_cpu_time();
  co_await sleep(p.window);
  const double count = messages() - before;
  const std::chrono::duration<double> time = clock::now() - begin;
  const std::chrono::duration<double, std::nano> cpu = thread_cpu_time() - cpu_begin;
  co_return sample{.rate = count / time.count(), .cpu = count > 0 ? cpu.count() / count : 0};
}

asio::awaitable<sample> watch(plan p, round_trips& done) {
  co_await sleep(p.warm_up);
  done.clear();
  p.warm_up = {};
  std::function<double()> messages = [&done] { return static_cast<double>(done.size()); };
  sample result = co_await watch(p, std::move(messages));
  result.p50 = percentile(done, 0.50);
  result.p99 = percentile(done, 0.99);
  co_return result;
}

}  // namespace bench
