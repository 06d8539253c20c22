#include "wsx_client.hpp"

#include <wsx/protocol/frame_encoder.hpp>
#include <wsx/wsx.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bench {

// GCC 12 destroys some temporaries of a co_await expression twice: so what has any is made first,
// and awaited then.

namespace {

using clock = std::chrono::steady_clock;

std::string url(plan p, std::string_view path) {
  return fmt::format("ws://127.0.0.1:{}{}", p.port, path);
}

template <class Frame>
struct counter {
  std::uint64_t messages = 0;

  void handle_frame(Frame) { ++messages; }
};

template <class Frame>
asio::awaitable<sample> receive(plan p, std::string path) {
  wsx::client<counter<Frame>> client(co_await asio::this_coro::executor);
  auto connected = client.connect(url(p, path));
  co_await std::move(connected);
  // One thread runs everything here, so the handler may be looked at from outside.
  std::function<double()> messages = [&client] {
    return static_cast<double>(client.handler().messages);
  };
  co_return co_await watch(p, std::move(messages));
}

struct silent {
  void handle_frame(wsx::binary) {}
};

struct sending {
  explicit sending(const asio::any_io_executor& executor) : client(executor) {}

  wsx::client<silent> client;
  bool over = false;
};

using sending_ptr = std::shared_ptr<sending>;

asio::awaitable<void> try_send_all(sending_ptr s, std::size_t size) {
  const std::vector<std::byte> payload(size, std::byte{'x'});
  const wsx::binary message(payload);
  while (!s->over) {
    while (s->client.try_send(message)) continue;
    co_await s->client.send(message);
  }
}

asio::awaitable<void> send_all(sending_ptr s, std::size_t size) {
  const std::vector<std::byte> payload(size, std::byte{'x'});
  const wsx::binary message(payload);
  while (!s->over) co_await s->client.send(message);
}

asio::awaitable<sample> measure_sending(plan p, sending_ptr s, asio::awaitable<void> work) {
  auto connected = s->client.connect(url(p, "/sink"));
  co_await std::move(connected);
  asio::co_spawn(co_await asio::this_coro::executor, std::move(work), asio::detached);
  // What counts is what has been handed to the kernel.
  const auto size = static_cast<double>(wsx::protocol::frame_size(p.size));
  std::function<double()> messages = [s, size] {
    return static_cast<double>(s->client.stats().bytes_sent) / size;
  };
  const sample result = co_await watch(p, std::move(messages));
  s->over = true;
  s->client.abort();
  co_return result;
}

struct player {
  std::vector<std::byte> request;
  round_trips* done = nullptr;
  clock::time_point begin{};

  void handle_connect(const wsx::connection_info&, wsx::session& session) { serve(session); }

  void handle_frame(wsx::binary, wsx::session& session) {
    done->push_back(clock::now() - begin);
    serve(session);
  }

  void serve(wsx::session& session) {
    begin = clock::now();
    session.send(wsx::binary(request));
  }
};

}  // namespace

asio::awaitable<sample> receive_binary(plan p) {
  return receive<wsx::binary>(p, fmt::format("/blast/binary/{}", p.size));
}

asio::awaitable<sample> receive_text(plan p) {
  return receive<wsx::text>(p, fmt::format("/blast/text/{}", p.size));
}

asio::awaitable<sample> try_send(plan p) {
  const auto s = std::make_shared<sending>(co_await asio::this_coro::executor);
  auto measuring = measure_sending(p, s, try_send_all(s, p.size));
  co_return co_await std::move(measuring);
}

asio::awaitable<sample> send(plan p) {
  const auto s = std::make_shared<sending>(co_await asio::this_coro::executor);
  auto measuring = measure_sending(p, s, send_all(s, p.size));
  co_return co_await std::move(measuring);
}

asio::awaitable<sample> echo(plan p) {
  round_trips done;
  player handler{.request = std::vector<std::byte>(p.size, std::byte{'x'}), .done = &done};
  wsx::client<player> client(co_await asio::this_coro::executor, std::move(handler));
  auto connected = client.connect(url(p, fmt::format("/echo/{}", p.size)));
  co_await std::move(connected);
  co_return co_await watch(p, done);
}

}  // namespace bench
