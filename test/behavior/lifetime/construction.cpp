#include "../support.hpp"

#include <asio/thread_pool.hpp>

#include <functional>
#include <utility>
#include <vector>

// How a client is made, and how it comes by its handler.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

// Neither copied nor moved.
struct fixed {
  fixed(std::string first, int second) : name(std::move(first)), number(second) {}
  fixed(const fixed&) = delete;
  fixed& operator=(const fixed&) = delete;

  wsx::action handle_frame(wsx::text message) {
    return wsx::reply(wsx::text{name + reply(message)});
  }
  void handle_cast(int n) { number += n; }
  void handle_info(const wsx::down&) { ++ended; }
  void terminate(const wsx::close_reason&) { terminated = true; }

  static std::string reply(wsx::text message) { return " " + std::string(message.payload); }

  std::string name;
  int number;
  int ended = 0;
  bool terminated = false;
};

struct aggregate {
  std::string name = "nobody";
  int number = 7;

  void handle_frame(wsx::text) {}
};

struct coroutine {
  asio::awaitable<void> handle_frame(wsx::text message) {
    all += message.payload;
    co_return;
  }

  std::string all;
};

// Connects `client` to `server`.
template <class Handler>
memory_peer open(asio::io_context& io, memory_client<Handler>& client, memory_listener& server) {
  outcome connected;
  client.connect(server.url(), connected.token());
  poll(io);
  auto peer = server.next().value();
  peer.accept();
  poll(io);
  REQUIRE(connected.ok());
  return peer;
}

}  // namespace

TEST_SUITE("behavior/lifetime/construction") {
  TEST_CASE("on an execution context, or any executor") {
    asio::io_context io;
    asio::thread_pool pool(1);
    const asio::any_io_executor any = io.get_executor();
    memory_client<aggregate> by_context(io);
    memory_client<aggregate> by_executor(io.get_executor());
    memory_client<aggregate> by_any{any};
    memory_client<aggregate> elsewhere(pool);
    CHECK(by_context.get_executor().target<wsx::strand>()->get_inner_executor() == any);
    CHECK(by_executor.get_executor().target<wsx::strand>()->get_inner_executor() == any);
    CHECK(by_any.get_executor().target<wsx::strand>()->get_inner_executor() == any);
    CHECK(elsewhere.get_executor().target<wsx::strand>()->get_inner_executor() ==
          pool.get_executor());
    pool.stop();
  }

  TEST_CASE("the handler in place, of any arguments, even one that can't be moved") {
    asio::io_context io;
    memory_listener server("server");
    memory_client<fixed> client(io, std::in_place, "I heard", 1);
    CHECK(client.handler().number == 1);
    auto peer = open(io, client, server);
    peer.write(text_frame("hello"));
    poll(io);
    CHECK(frames_of(peer) == lines{"text \"I heard hello\""});
  }

  TEST_CASE("in place, an aggregate, or with nothing") {
    asio::io_context io;
    CHECK(memory_client<aggregate>(io, std::in_place, "somebody", 8).handler().name == "somebody");
    CHECK(memory_client<aggregate>(io, std::in_place).handler().number == 7);
    CHECK(memory_client<aggregate>(io).handler().name == "nobody");
    CHECK(memory_client<aggregate>(io, {}).handler().name == "nobody");
  }

  TEST_CASE("options before std::in_place, or behind the handler") {
    asio::io_context io;
    const auto wrong = wsx::options().set(&wsx::options::max_headers, 0);
    memory_client<fixed> in_place(io, wrong, std::in_place, "name", 1);
    memory_client<aggregate> behind(io, {}, wrong);
    outcome first, second;
    in_place.connect("memory://nobody/", first.token());
    behind.connect("memory://nobody/", second.token());
    poll(io);
    CHECK(first.failed(wsx::errc::invalid_option));
    CHECK(second.failed(wsx::errc::invalid_option));
  }

  TEST_CASE("the handler by reference: it is called where it is") {
    asio::io_context io;
    memory_listener server("server");
    fixed mine("I heard", 1);
    outcome joined;
    memory_client<std::reference_wrapper<fixed>> client(io, std::ref(mine), calm());
    static_assert(std::same_as<decltype(client.handler()), fixed&>);
    CHECK(&client.handler() == &mine);
    client.join(joined.join_token());
    auto peer = open(io, client, server);
    peer.write(text_frame("hello"));
    CHECK(client.cast(2));
    poll(io);
    CHECK(frames_of(peer) == lines{"text \"I heard hello\""});
    CHECK(mine.number == 3);
    client.abort();
    poll(io);
    CHECK(joined.done());
    CHECK(mine.terminated);
  }

  TEST_CASE("by reference: monitoring and being monitored") {
    asio::io_context io;
    fixed watching("one", 1);
    fixed watched("two", 2);
    memory_client<std::reference_wrapper<fixed>> first(io, std::ref(watching), calm());
    memory_client<std::reference_wrapper<fixed>> second(io, std::ref(watched), calm());
    memory_listener server("server");
    auto peer = open(io, first, server);
    first.monitor(second);
    second.abort();
    poll(io);
    CHECK(watching.ended == 1);
    CHECK(watched.ended == 0);
  }

  TEST_CASE("by reference: coroutines") {
    asio::io_context io;
    memory_listener server("server");
    coroutine mine;
    memory_client<std::reference_wrapper<coroutine>> client(io, std::ref(mine));
    auto peer = open(io, client, server);
    peer.write(text_frame("a"));
    peer.write(text_frame("b"));
    poll(io);
    CHECK(mine.all == "ab");
  }

  TEST_CASE("connection: what connect came to") {
    asio::io_context io;
    memory_listener server("server");
    memory_client<aggregate> client(io);
    CHECK(client.connection().status == 0);
    CHECK(client.connection().url.empty());
    auto peer = open(io, client, server);
    CHECK(client.connection().status == 101);
    CHECK(client.connection().url == server.url());
    CHECK(client.connection().attempt == 1);
  }

  TEST_CASE("moved before it is connected, and while it is") {
    asio::io_context io;
    memory_listener server("server");
    std::vector<memory_client<fixed>> clients;
    clients.emplace_back(io, calm(), std::in_place, "I heard", 1);
    fixed* const handler = &clients[0].handler();
    auto peer = open(io, clients[0], server);
    CHECK(clients[0].try_send("queued"));
    memory_client<fixed> client(std::move(clients[0]));
    clients.clear();
    CHECK(&client.handler() == handler);
    CHECK(client.is_open());
    peer.write(text_frame("hello"));
    CHECK(client.try_send("another"));
    poll(io);
    CHECK(frames_of(peer) ==
          lines{"text \"queued\"", "text \"another\"", "text \"I heard hello\""});
  }

  TEST_CASE("an operation that waits does not belong to the object") {
    asio::io_context io;
    memory_listener server("server");
    memory_client<aggregate> first(io, {}, calm());
    outcome connected;
    first.connect(server.url(), connected.token());
    poll(io);
    const memory_client<aggregate> second(std::move(first));
    server.next().value().accept();
    poll(io);
    CHECK(connected.ok());
    CHECK(second.is_open());
  }

  TEST_CASE("one that is assigned to ends; one that was moved from can be assigned to") {
    asio::io_context io;
    memory_listener server("server");
    memory_client<fixed> first(io, calm(), std::in_place, "first", 1);
    memory_client<fixed> second(io, calm(), std::in_place, "second", 2);
    outcome ended, other;
    first.join(ended.join_token());
    second.join(other.join_token());
    auto peer = open(io, first, server);
    auto kept = open(io, second, server);
    CHECK(first.try_send("never"));
    first = std::move(second);
    poll(io);
    CHECK(ended.failed(wsx::errc::aborted));
    CHECK(!other.done());
    CHECK(first.handler().name == "second");
    CHECK(first.is_open());
    second = memory_client<fixed>(io, calm(), std::in_place, "third", 3);
    CHECK(second.handler().name == "third");
    CHECK(!second.is_open());
    CHECK(first.try_send("still"));
    poll(io);
    CHECK(frames_of(kept) == lines{"text \"still\""});
  }

  TEST_CASE("a detached client stays so when it is moved") {
    asio::io_context io;
    memory_listener server("server");
    outcome ended;
    memory_client<aggregate> first(io, {}, calm());
    first.join(ended.join_token());
    auto peer = open(io, first, server);
    first.detach();
    { const memory_client<aggregate> second(std::move(first)); }
    poll(io);
    CHECK(!ended.done());
    peer.write(close_frame(1000));
    peer.close();
    poll(io);
    CHECK(ended.ok());
  }

  TEST_CASE("the handler's type is deduced") {
    asio::io_context io;
    aggregate mine;
    const wsx::basic_client moved(io, std::move(mine));
    const wsx::basic_client referred(io, std::ref(mine), wsx::options());
    static_assert(std::same_as<decltype(moved), const wsx::client<aggregate>>);
    static_assert(
        std::same_as<decltype(referred), const wsx::client<std::reference_wrapper<aggregate>>>);
  }
}
