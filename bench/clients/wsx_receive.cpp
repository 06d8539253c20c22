#include "watch.hpp"
#include "wsx_client.hpp"

#include <asio/this_coro.hpp>

#include <cstddef>
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

asio::awaitable<figures> receive(plan p) {
  const auto executor = co_await asio::this_coro::executor;
  std::uint64_t messages = 0;
  std::vector<std::unique_ptr<wsx::client<counter>>> clients;
  for (std::size_t i = 0; i < p.connections; ++i) {
    clients.push_back(
        std::make_unique<wsx::client<counter>>(executor, counter{&messages}, options_of(p)));
    auto connecting = clients.back()->connect(url_of(p));
    co_await std::move(connecting);
  }
  message_count count = [&messages] { return static_cast<double>(messages); };
  auto watching = watch(p, std::move(count));
  co_return co_await std::move(watching);
}

}  // namespace

figures wsx_receive(const plan& p) {
  return run_here(receive(p));
}

}  // namespace bench
