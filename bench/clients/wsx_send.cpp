#include "connecting.hpp"
#include "watch.hpp"
#include "wsx_client.hpp"

#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace bench {

namespace {

using client = wsx::client<silent>;
using client_ptr = std::shared_ptr<client>;

// The messages, in turn.
class outgoing {
 public:
  explicit outgoing(const plan& p) : payloads_(payloads_of(p)) {}

  wsx::binary next() {
    if (++at_ == payloads_.size()) at_ = 0;
    return wsx::binary(payloads_[at_]);
  }

 private:
  std::vector<std::string> payloads_;
  std::size_t at_ = 0;
};

// These go on until their context is destroyed.

asio::awaitable<void> try_send_all(client_ptr c, plan p) {
  outgoing messages(p);
  for (;;) {
    while (c->try_send(messages.next())) continue;
    co_await c->send(messages.next());
  }
}

asio::awaitable<void> send_all(client_ptr c, plan p) {
  outgoing messages(p);
  for (;;) co_await c->send(messages.next());
}

asio::awaitable<client_ptr> connect(plan p) {
  const auto executor = co_await asio::this_coro::executor;
  const auto c = std::make_shared<client>(executor, silent(), options_of(p));
  auto connecting = c->connect(url_of(p));
  co_await std::move(connecting);
  co_return c;
}

// What counts is what has been handed to the kernel.
asio::awaitable<figures> watch_sending(plan p, std::vector<client_ptr> clients) {
  message_count messages = [all = std::move(clients)] {
    double sent = 0;
    for (const auto& c : all) sent += static_cast<double>(c->stats().frames_sent);
    return sent;
  };
  auto watching = watch(p, std::move(messages));
  co_return co_await std::move(watching);
}

using send_how = asio::awaitable<void> (*)(client_ptr c, plan p);

asio::awaitable<void> connect_and_send(plan p, send_how send, std::vector<client_ptr>& all) {
  auto connecting = connect(p);
  const auto c = co_await std::move(connecting);
  all.push_back(c);
  start(c->get_executor(), send(c, p));
}

asio::awaitable<figures> send_here(plan p, send_how send) {
  std::vector<client_ptr> all;
  auto connecting = connect_together(p, [&] { return connect_and_send(p, send, all); });
  co_await std::move(connecting);
  auto watching = watch_sending(p, std::move(all));
  co_return co_await std::move(watching);
}

void send_there(wsx::sender sender, const plan& p, const std::atomic<bool>& over) {
  outgoing messages(p);
  while (!over) {
    while (sender.try_send(messages.next())) continue;
    try {
      sender.send(messages.next(), asio::use_future).get();
    } catch (const std::system_error&) {
      return;  // the client has been aborted
    }
  }
}

asio::awaitable<figures> send_from_thread(plan p) {
  auto connecting = connect(p);
  const auto c = co_await std::move(connecting);
  std::atomic<bool> over = false;
  std::atomic<bool> ended = false;
  std::jthread thread([&, sender = c->make_sender()]() mutable {
    send_there(std::move(sender), p, over);
    ended = true;
  });
  std::vector<client_ptr> clients{c};
  auto watching = watch_sending(p, std::move(clients));
  const figures f = co_await std::move(watching);
  over = true;
  c->abort();
  // The thread may wait for what happens on this one.
  while (!ended) co_await asio::post(c->get_executor(), asio::use_awaitable);
  co_return f;
}

}  // namespace

figures wsx_try_send(const plan& p) {
  return run_here(send_here(p, try_send_all));
}

figures wsx_send(const plan& p) {
  return run_here(send_here(p, send_all));
}

figures wsx_send_from_thread(const plan& p) {
  return run_here(send_from_thread(p));
}

}  // namespace bench
