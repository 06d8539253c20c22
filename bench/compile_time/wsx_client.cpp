#include <wsx/client.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>

#include <cstddef>

// What a program's unit that uses wsx costs to compile: one handler, one client.

namespace {

struct counter {
  std::size_t bytes = 0;

  wsx::action handle_frame(wsx::text message) {
    bytes += message.payload.size();
    return wsx::ok();
  }
};

asio::awaitable<void> talk() {
  wsx::client<counter> client(co_await asio::this_coro::executor);
  co_await client.connect("wss://localhost/feed");
  co_await client.send(wsx::text{"hello"});
  co_await client.join();
}

}  // namespace

int main() {
  asio::io_context context;
  asio::co_spawn(context, talk(), asio::detached);
  context.run();
}
