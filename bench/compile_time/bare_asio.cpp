#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/connect.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <cstddef>
#include <string>

// What Asio alone costs, without the WebSocket: one coroutine that talks over TLS.

namespace {

using asio::ip::tcp;

std::size_t bytes = 0;

asio::awaitable<void> talk() {
  const auto executor = co_await asio::this_coro::executor;
  asio::ssl::context tls(asio::ssl::context::tls_client);
  asio::ssl::stream<tcp::socket> stream(executor, tls);
  tcp::resolver resolver(executor);
  const auto found = co_await resolver.async_resolve("localhost", "443", asio::use_awaitable);
  co_await asio::async_connect(stream.next_layer(), found, asio::use_awaitable);
  co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
  co_await asio::async_write(stream, asio::buffer("hello", 5), asio::use_awaitable);
  std::string room(65536, '\0');
  for (;;) bytes += co_await stream.async_read_some(asio::buffer(room), asio::use_awaitable);
}

}  // namespace

int main() {
  asio::io_context context;
  asio::co_spawn(context, talk(), asio::detached);
  context.run();
}
