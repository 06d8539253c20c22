#include "ticker.hpp"
#include "watch.hpp"
#include "wsx_client.hpp"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>

#include <cstdint>
#include <utility>

namespace bench {

namespace {

struct worker {
  std::uint64_t* messages;
  std::chrono::microseconds work;

  void handle_frame(wsx::binary) {
    ++*messages;
    work_for(work);
  }
};

asio::awaitable<figures> lateness(plan p) {
  const auto executor = co_await asio::this_coro::executor;
  std::uint64_t messages = 0;
  wsx::client<worker> client(executor, worker{&messages, p.work}, options_of(p));
  auto connecting = client.connect(url_of(p));
  co_await std::move(connecting);
  round_trips late;
  const ticker<asio::steady_timer> ticks(executor, late);
  message_count count = [&messages] { return static_cast<double>(messages); };
  auto watching = watch(p, std::move(count), late);
  co_return co_await std::move(watching);
}

}  // namespace

figures wsx_lateness(const plan& p) {
  return run_here(lateness(p));
}

}  // namespace bench
