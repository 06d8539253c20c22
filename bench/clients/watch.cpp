#include "watch.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <utility>

namespace bench {

asio::awaitable<void> sleep(seconds time) {
  using clock = std::chrono::steady_clock;
  asio::steady_timer timer(co_await asio::this_coro::executor,
                           std::chrono::duration_cast<clock::duration>(time));
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<figures> watch(plan p, message_count messages) {
  round_trips none;
  auto watching = watch(std::move(p), std::move(messages), none);
  co_return co_await std::move(watching);
}

asio::awaitable<figures> watch(plan p, round_trips& done) {
  message_count count = [&done] { return static_cast<double>(done.size()); };
  auto watching = watch(std::move(p), std::move(count), done);
  co_return co_await std::move(watching);
}

asio::awaitable<figures> watch(plan p, message_count messages, round_trips& times) {
  co_await sleep(p.warm_up);
  times.clear();
  const double before = messages();
  const meter measured;
  co_await sleep(p.window);
  figures f = measured.read(messages() - before);
  set_percentiles(f, times);
  co_return f;
}

void start(const asio::any_io_executor& executor, asio::awaitable<void> work) {
  asio::co_spawn(executor, std::move(work), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
}

figures run_here(asio::awaitable<figures> work) {
  asio::io_context context(1);
  figures result;
  std::exception_ptr failure;
  asio::co_spawn(context, std::move(work), [&](std::exception_ptr error, figures f) {
    failure = error;
    result = f;
    context.stop();
  });
  context.run();
  if (failure) std::rethrow_exception(failure);
  return result;
}

}  // namespace bench
