#include "raw_client.hpp"

#include "chunk.hpp"

#include <wsx/protocol/frame_encoder.hpp>
#include <wsx/testing/server_frame.hpp>

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

namespace bench::raw {

// GCC 12 destroys some temporaries of a co_await expression twice: so what has any is made first,
// and awaited then.

namespace {

using asio::ip::tcp;
using clock = std::chrono::steady_clock;

struct connection {
  explicit connection(const asio::any_io_executor& executor) : socket(executor) {}

  tcp::socket socket;
  double bytes = 0;  // moved so far
  round_trips done;
};

using connection_ptr = std::shared_ptr<connection>;

asio::awaitable<connection_ptr> connect(plan p, std::string path) {
  const auto c = std::make_shared<connection>(co_await asio::this_coro::executor);
  const tcp::endpoint server(asio::ip::address_v4::loopback(), p.port);
  co_await c->socket.async_connect(server, asio::use_awaitable);
  c->socket.set_option(tcp::no_delay(true));
  const std::string request = fmt::format(
      "GET {} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
      path);
  co_await asio::async_write(c->socket, asio::buffer(request), asio::use_awaitable);
  std::string response;
  auto buffer = asio::dynamic_buffer(response);
  co_await asio::async_read_until(c->socket, buffer, "\r\n\r\n", asio::use_awaitable);
  co_return c;
}

std::string client_frame(std::size_t size) {
  const std::string payload(size, 'x');
  constexpr wsx::protocol::mask_key key{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21},
                                        std::byte{0x3d}};
  std::string frame(static_cast<std::size_t>(wsx::protocol::frame_size(size)), '\0');
  wsx::protocol::encode_frame(reinterpret_cast<std::byte*>(frame.data()), {},
                              wsx::as_bytes(payload), key);
  return frame;
}

std::string server_frame(std::size_t size) {
  return wsx::testing::encode_server_frame(wsx::testing::binary_frame(std::string(size, 'x')));
}

// Each of these ends when its socket is closed: by an exception, which nobody waits for.

asio::awaitable<void> read_all(connection_ptr c) {
  std::string room(chunk_size, '\0');
  for (;;) {
    const std::size_t bytes =
        co_await c->socket.async_read_some(asio::buffer(room), asio::use_awaitable);
    c->bytes += static_cast<double>(bytes);
  }
}

asio::awaitable<void> write_all(connection_ptr c, std::string chunk) {
  for (std::size_t at = 0;;) {
    const auto rest = asio::buffer(chunk) + at;
    const std::size_t bytes = co_await c->socket.async_write_some(rest, asio::use_awaitable);
    c->bytes += static_cast<double>(bytes);
    at = (at + bytes) % chunk.size();
  }
}

asio::awaitable<void> ping_pong(connection_ptr c, std::string request, std::string reply) {
  for (;;) {
    const auto begin = clock::now();
    for (auto rest = asio::buffer(request); rest.size() > 0;)
      rest += co_await c->socket.async_write_some(rest, asio::use_awaitable);
    for (auto rest = asio::buffer(reply); rest.size() > 0;)
      rest += co_await c->socket.async_read_some(rest, asio::use_awaitable);
    c->done.push_back(clock::now() - begin);
  }
}

// Lets one of them run, and counts the messages of `size` bytes on the wire.
asio::awaitable<sample> measure(plan p, connection_ptr c, asio::awaitable<void> work,
                                std::size_t size) {
  asio::co_spawn(c->socket.get_executor(), std::move(work), asio::detached);
  std::function<double()> messages = [c, size] { return c->bytes / static_cast<double>(size); };
  const sample result = co_await watch(p, std::move(messages));
  c->socket.close();
  co_return result;
}

}  // namespace

asio::awaitable<sample> receive(plan p) {
  auto opening = connect(p, fmt::format("/blast/binary/{}", p.size));
  const auto c = co_await std::move(opening);
  auto measuring = measure(p, c, read_all(c), server_frame(p.size).size());
  co_return co_await std::move(measuring);
}

asio::awaitable<sample> send(plan p) {
  auto opening = connect(p, "/sink");
  const auto c = co_await std::move(opening);
  const std::string frame = client_frame(p.size);
  auto measuring = measure(p, c, write_all(c, repeated(frame)), frame.size());
  co_return co_await std::move(measuring);
}

asio::awaitable<sample> echo(plan p) {
  auto opening = connect(p, fmt::format("/echo/{}", p.size));
  const auto c = co_await std::move(opening);
  auto work = ping_pong(c, client_frame(p.size), server_frame(p.size));
  asio::co_spawn(c->socket.get_executor(), std::move(work), asio::detached);
  const sample result = co_await watch(p, c->done);
  c->socket.close();
  co_return result;
}

}  // namespace bench::raw
