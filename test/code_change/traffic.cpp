#include "../loopback/support.hpp"
#include "modules/tally.hpp"

#include <wsx/testing/scripted_server.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>

// The handler is replaced, again and again, while a server sends without a pause and other threads
// cast and send. No number is missing, doubled or out of order.

namespace {

using namespace loopback_test;
using namespace wsx::testing;
using tally_test::cast_number;
using tally_test::tally;

constexpr long message_count = 100'000;
constexpr long cast_count = 20'000;
constexpr int change_count = 20;

// Those that the program is built with: one takes whole messages, the other one fragments, in
// coroutines.
struct tally_1 {
  static constexpr std::string_view version = "1";
  tally kept;
  template <class Old>
  requires requires(const Old& old) { old.kept; }
  static tally_1 code_change(const wsx::old_version&, const Old& old) {
    tally_1 made{old.kept};
    ++made.kept.swaps;
    return made;
  }
  static tally_1 code_change(const wsx::old_version&, std::string_view saved) {
    return {tally::from(saved)};
  }
  std::string save() const { return kept.save(); }
  wsx::action handle_frame(wsx::text t) { return kept.take(t); }
  void handle_cast(cast_number c) { kept.take(c); }
};

struct tally_2 {
  static constexpr std::string_view version = "2";
  tally kept;
  std::string begun{};
  static tally_2 code_change(const wsx::old_version&, const tally_1& old) {
    tally_2 made{old.kept};
    ++made.kept.swaps;
    return made;
  }
  static tally_2 code_change(const wsx::old_version&, std::string_view saved) {
    return {tally::from(saved)};
  }
  std::string save() const { return kept.save(); }
  asio::awaitable<wsx::action> handle_fragment(wsx::fragment f) {
    begun += wsx::as_chars(f.payload);
    if (!f.last) co_return wsx::ok();
    const std::string whole = std::exchange(begun, {});
    co_return kept.take(wsx::text{whole});
  }
  void handle_cast(cast_number c) { kept.take(c); }
};

// Sends the numbers, some of them in two fragments, and then takes the replies and what else was
// sent.
void feed(server_connection& c) {
  c.accept();
  for (long number = 0; number < message_count; ++number) {
    const std::string text = std::to_string(number);
    if (number % 7 == 0 && text.size() > 1) {
      auto begin = text_frame(text.substr(0, 1));
      begin.fin = false;
      c.send(begin);
      c.send(continuation_frame(text.substr(1), true));
    } else {
      c.send_text(text);
    }
  }
  long next_reply = 99;
  long next_sent = 0;
  while (auto frame = c.read_frame()) {
    if (frame->opcode == opcodes::close) break;
    const bool reply = frame->opcode == opcodes::text;
    long& next = reply ? next_reply : next_sent;
    const long number = std::stol(frame->payload);
    if (number != next) throw script_error("got " + frame->payload);
    next += reply ? 100 : 1;
  }
  if (next_reply != message_count + 99) throw script_error("a reply is missing");
  if (next_sent != cast_count) throw script_error("something sent is missing");
  c.send_close(1000);
}

using client_type = wsx::client<wsx::any_handler>;

// The changes go round: within the program, to a module, between modules, and back.
asio::awaitable<void> change(client_type& client, int round, const wsx::module& one,
                             const wsx::module& two) {
  switch (round % 5) {
    case 0: return client.code_change<tally_2, tally_1>();
    case 1: return client.code_change<tally_1, tally_2>();
    case 2: return client.code_change(two);
    case 3: return client.code_change(one);
    default: return client.code_change<tally_1, tally_2>();
  }
}

// Makes the changes, one after each so many messages.
asio::awaitable<void> change_often(client_type& client, const wsx::module& one,
                                   const wsx::module& two) {
  asio::steady_timer pause(client.get_executor());
  for (int round = 0; round < change_count; ++round) {
    const auto enough = static_cast<std::uint64_t>(round * (message_count / change_count));
    while (client.stats().messages_received < enough) {
      pause.expires_after(std::chrono::microseconds(100));
      auto paused = pause.async_wait(asio::use_awaitable);
      co_await std::move(paused);
    }
    auto changed = change(client, round, one, two);
    co_await std::move(changed);
  }
}

asio::awaitable<tally> look(client_type& client) {
  co_return client.handler().get_if<tally_1>()->kept;
}

}  // namespace

TEST_SUITE("code_change/traffic") {
  TEST_CASE("100 000 messages and 20 changes: none is missing, doubled or out of order") {
    const wsx::module one(WSX_MODULES "/module_version_1.so");
    const wsx::module two(WSX_MODULES "/module_version_2.so");
    scripted_server server{feed};
    asio::thread_pool threads(2);
    client_type client(threads.get_executor(), tally_1{}, calm());
    auto opened = client.connect(server.url());
    asio::co_spawn(threads, std::move(opened), asio::use_future).get();

    std::thread caster([&] {
      for (long number = 0; number < cast_count; ++number) {
        while (!client.cast(cast_number{number})) std::this_thread::yield();
      }
    });
    std::thread sender([&] {
      auto own = client.make_sender();
      for (long number = 0; number < cast_count; ++number) {
        while (!own.try_send(wsx::binary(wsx::as_bytes(std::to_string(number)))))
          std::this_thread::yield();
      }
    });
    asio::co_spawn(threads, change_often(client, one, two), asio::use_future).get();
    caster.join();
    sender.join();

    // The last handler is one of the program's, in which the test looks.
    auto changed = client.code_change<tally_1, tally_2>();
    asio::co_spawn(threads, std::move(changed), asio::use_future).get();
    const auto now = [&] {
      return asio::co_spawn(client.get_executor(), look(client), asio::use_future).get();
    };
    tally last = now();
    for (; last.next < message_count; last = now()) std::this_thread::yield();
    CHECK(last.next == message_count);
    CHECK(last.next_cast == cast_count);
    CHECK(last.wrong == 0);
    CHECK(last.swaps == change_count + 1);
    auto closed = client.close();
    asio::co_spawn(threads, std::move(closed), asio::use_future).get();
    CHECK(client.stats().connects == 1);
    CHECK(client.stats().messages_received == message_count);
    threads.join();
    server.wait();
  }
}
