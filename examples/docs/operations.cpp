// The code of docs/operations.md; scripts/check-docs compares it.
#include <wsx/wsx.hpp>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>

#include <chrono>
#include <iostream>
#include <map>
#include <string>

namespace {

using namespace std::chrono_literals;

struct refresh {};

struct account_feed {
  void handle_frame(wsx::text) {}
  void handle_cast(refresh) {}
};

struct order_feed {
  void handle_frame(wsx::text) {}
};

asio::awaitable<void> supervise(asio::io_context& io, std::string url) {
  // [supervisor]
  wsx::supervisor_options options;
  options.strategy = wsx::restart_strategy::rest_for_one;
  options.intensity = 5;
  options.period = 60s;

  wsx::supervisor trading(
      io, options,
      {
          {"account", [&] { return wsx::child(wsx::client<account_feed>(io), url); }},
          {"orders", [&] { return wsx::child(wsx::client<order_feed>(io), url); }},
      });
  co_await trading.start();
  trading.cast<account_feed>("account", refresh{});
  co_await trading.join();  // throws if it gives up
  // [supervisor]
}

asio::awaitable<void> operate_a_child(wsx::supervisor& trading) {
  // [operate a child]
  const auto account = trading.find<wsx::any_handler>("account");
  std::cerr << to_string(co_await account.status()) << '\n';
  const wsx::module next("/opt/feed/account-2.so");
  co_await account.code_change(next);
  // [operate a child]
}

asio::awaitable<void> link_two(asio::io_context& io) {
  // [link]
  wsx::client<account_feed> account(io);
  wsx::client<order_feed> orders(io);
  wsx::link(account, orders);
  // [link]
  co_return;
}

struct feed {
  void handle_frame(wsx::text) {}
};

void send_to_dashboard(const std::string&) {}

asio::awaitable<void> show_status(wsx::client<feed>& client) {
  // [status]
  const wsx::client_status now = co_await client.status();
  if (now.phase != wsx::client_phase::open) std::cerr << to_string(now) << '\n';
  send_to_dashboard(wsx::to_json(now));
  // [status]
}

struct book {
  void handle_frame(wsx::text) {}
  std::map<std::string, int> orders{};
};

book repaired(book b) {
  return b;
}

asio::awaitable<void> look_into(wsx::client<book>& client) {
  // [with_handler]
  const auto open = co_await client.with_handler([](const book& b) { return b.orders.size(); });
  co_await client.with_handler([](book& b) { b.orders.erase("stuck"); });
  // [with_handler]
  (void)open;
}

asio::awaitable<void> repair(wsx::client<book>& client) {
  // [suspend]
  co_await client.suspend();
  const auto before = co_await client.with_handler([](const book& b) { return b; });
  co_await client.with_handler([&](book& b) { b = repaired(before); });
  co_await client.resume();
  // [suspend]
}

asio::awaitable<void> watch_server(asio::io_context& io) {
  // [liveness]
  wsx::options options;
  options.data_timeout = 10s;  // an exchange always has something to say
  options.heartbeat = wsx::heartbeat(20s, R"({"op":"ping"})");
  wsx::client<feed> client(io, feed(), options);
  // [liveness]
  co_return;
}

asio::awaitable<void> stay_young(asio::io_context& io) {
  // [rotation]
  wsx::options options;
  options.max_connection_age = 23h;
  options.max_connection_age_jitter = 30min;  // each connection's limit is lower by up to this
  wsx::client<feed> client(io, feed(), options);
  // [rotation]
  co_return;
}

}  // namespace

// What is only compiled.
void use_operations(asio::io_context& io) {
  (void)supervise(io, "ws://localhost");
  (void)link_two(io);
  (void)watch_server(io);
  (void)stay_young(io);
  wsx::client<feed> client(io);
  (void)show_status(client);
  wsx::client<book> other(io);
  (void)look_into(other);
  wsx::supervisor trading(io);
  (void)operate_a_child(trading);
  (void)repair(other);
}
