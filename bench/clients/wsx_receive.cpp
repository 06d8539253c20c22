#include "connecting.hpp"
#include "watch.hpp"
#include "wsx_client.hpp"

#include <asio/this_coro.hpp>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace bench {

namespace {

struct counter {
  std::uint64_t* messages;

  void handle_frame(wsx::text) { ++*messages; }
  void handle_frame(wsx::binary) { ++*messages; }
};

using clients = std::vector<std::unique_ptr<wsx::client<counter>>>;

asio::awaitable<void> open(plan p, std::uint64_t& messages, clients& all) {
  const auto executor = co_await asio::this_coro::executor;
  all.push_back(
      std::make_unique<wsx::client<counter>>(executor, counter{&messages}, options_of(p)));
  auto connecting = all.back()->connect(url_of(p));
  co_await std::move(connecting);
}

asio::awaitable<figures> receive(plan p) {
  std::uint64_t messages = 0;
  clients all;
  auto connecting = connect_together(p, [&] { return open(p, messages, all); });
  co_await std::move(connecting);
  message_count count = [&messages] { return static_cast<double>(messages); };
  auto watching = watch(p, std::move(count));
  co_return co_await std::move(watching);
}

}  // namespace

figures wsx_receive(const plan& p) {
  return run_here(receive(p));
}

}  // namespace bench
