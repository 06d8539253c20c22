// The examples of the headers' comments; scripts/check-docs compares them.
#include <wsx/protocol/connection.hpp>
#include <wsx/testing/echo_server.hpp>
#include <wsx/testing/memory_transport.hpp>
#include <wsx/testing/server_frame.hpp>
#include <wsx/testing/virtual_clock.hpp>
#include <wsx/wsx.hpp>

#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

struct printer {
  void handle_frame(wsx::text) {}
};

asio::awaitable<void> client_hpp() {
  // [wsx/client.hpp]
  wsx::client<printer> client{co_await asio::this_coro::executor};
  co_await client.connect("wss://example.com/feed");
  // [wsx/client.hpp]
}

asio::awaitable<void> supervisor_hpp(asio::io_context& io, std::string url) {
  // [wsx/supervisor.hpp]
  const auto make = [&] { return wsx::child(wsx::client<printer>(io), url); };
  wsx::supervisor feeds(io, {{"prices", make}});
  co_await feeds.start();
  // [wsx/supervisor.hpp]
}

asio::awaitable<int> child_ref_hpp(const wsx::supervisor& feeds) {
  struct feed {
    void handle_frame(wsx::text) { ++messages; }
    int messages = 0;
  };
  // [wsx/child_ref.hpp]
  const auto prices = feeds.find<feed>("prices");
  const int n = co_await prices.with_handler([](const feed& f) { return f.messages; });
  // [wsx/child_ref.hpp]
  co_return n;
}

asio::awaitable<void> request_hpp(wsx::client<printer>& client) {
  // [wsx/request.hpp]
  co_await client.connect(wsx::request("wss://example.com/feed")
                              .header("Authorization", "Bearer ...")
                              .subprotocol("v2.feed"));
  // [wsx/request.hpp]
}

std::shared_ptr<wsx::connect_budget> connect_budget_hpp() {
  // [wsx/connect_budget.hpp]
  const auto budget = std::make_shared<wsx::connect_budget>(
      wsx::connect_budget_options{.per_second = 100, .in_flight = 20});
  // [wsx/connect_budget.hpp]
  return budget;
}

wsx::options resolver_hpp() {
  wsx::options options;
  // [wsx/resolver.hpp]
  options.dial.resolver = wsx::make_resolver([](const std::string& host, std::uint16_t port) {
    const auto* const address = host == "feed.test" ? "127.0.0.1" : "127.0.0.2";
    return wsx::resolver::endpoints{{asio::ip::make_address(address), port}};
  });
  // [wsx/resolver.hpp]
  return options;
}

wsx::tls_options tls_options_hpp() {
  // clang-format off
  return
      // [wsx/tls_options.hpp]
      wsx::tls_options().set(&wsx::tls_options::ca_file, "/etc/feed/ca.pem")
      // [wsx/tls_options.hpp]
      ;
  // clang-format on
}

wsx::options options_hpp() {
  using namespace std::chrono_literals;
  // clang-format off
  return
      // [wsx/options.hpp]
      wsx::options()
          .set(&wsx::options::ping_interval, 5s)
          .set(&wsx::options::deflate, wsx::deflate_options())
      // [wsx/options.hpp]
      ;
  // clang-format on
}

std::string new_token() {
  return "token";
}

std::string time_in_json() {
  return "{}";
}

void prepare_hook_hpp(wsx::options& options) {
  // [wsx/prepare_hook.hpp]
  options.dial.prepare = [](wsx::request& r, std::size_t) {
    r.header("Authorization", "Bearer " + new_token());
  };
  // [wsx/prepare_hook.hpp]
}

void heartbeat_hpp(wsx::options& options) {
  using namespace std::chrono_literals;
  // [wsx/heartbeat.hpp]
  options.heartbeat = wsx::heartbeat(20s, R"({"op":"ping"})");
  options.heartbeat = wsx::heartbeat(20s, [] { return wsx::reply(time_in_json()); });
  // [wsx/heartbeat.hpp]
}

struct subscribed : printer {
  explicit subscribed(std::string name = "") : symbol(std::move(name)) {}
  std::string symbol;
};

struct counting_feed {
  int messages = 0;
  void handle_frame(wsx::text) { ++messages; }
};

void client_hpp_2(asio::io_context& context, wsx::options options) {
  using feed = subscribed;
  const auto executor = context.get_executor();
  feed mine;
  // [wsx/client.hpp 2]
  wsx::client<feed> a(context);
  wsx::client<feed> b(executor, options, std::in_place, "BTC-USD");
  wsx::client<std::reference_wrapper<feed>> c(executor, std::ref(mine));
  // [wsx/client.hpp 2]
}

asio::awaitable<void> client_hpp_3(wsx::client<counting_feed>& client) {
  using feed = counting_feed;
  // [wsx/client.hpp 3]
  const int n = co_await client.with_handler([](const feed& f) { return f.messages; });
  co_await client.with_handler([](feed& f) { f.messages = 0; });
  // [wsx/client.hpp 3]
  (void)n;
}

wsx::action action_hpp(wsx::text first, wsx::text second) {
  // [wsx/action.hpp]
  return wsx::reply(first).reply(second).close();
  // [wsx/action.hpp]
}

struct message_hpp {
  // [wsx/message.hpp]
  std::optional<wsx::owned_message> last;
  void handle_frame(wsx::message m) { last = m.owned(); }
  // [wsx/message.hpp]
};

namespace backoff_hpp {

// [wsx/backoff.hpp]
struct handler {
  wsx::backoff delay;
  auto handle_disconnect(const wsx::disconnect& d) {
    if (d.local() || d.reason.error == wsx::condition::permanent) return wsx::stop();
    return wsx::reconnect_after(delay(d));
  }
};
// [wsx/backoff.hpp]

wsx::disconnect_decision ask(const wsx::disconnect& d) {
  return handler().handle_disconnect(d);
}

}  // namespace backoff_hpp

asio::awaitable<void> frame_hpp(wsx::client<printer>& client, std::string token) {
  // [wsx/frame.hpp]
  co_await client.send(wsx::uncompressed(wsx::text{token}));
  // [wsx/frame.hpp]
}

std::string make_payload() {
  return "made for this";
}

asio::awaitable<void> sender_hpp(wsx::client<printer>& client) {
  // [wsx/sender.hpp]
  co_await client.send(wsx::text{make_payload()});
  // [wsx/sender.hpp]
}

namespace wsx::protocol {

void connection_hpp(const options& o, outbox& out, bytes_view bytes,
                    std::chrono::steady_clock::time_point now,
                    const std::function<void(event, bytes_view)>& use,
                    const std::function<std::size_t(bytes_view)>& write,
                    const std::function<void(std::chrono::steady_clock::time_point)>& call_at) {
  // [wsx/protocol/connection.hpp]
  connection c(o, {}, std::nullopt, out, now);
  c.receive(bytes, now);
  for (auto e = c.next(); e != event::need_input; e = c.next()) use(e, c.payload());
  while (!c.data_to_send(now).empty()) c.sent(write(c.data_to_send(now)), now);
  if (const auto when = c.next_timeout(now)) call_at(*when);  // to call c.handle_timeout
  // [wsx/protocol/connection.hpp]
}

}  // namespace wsx::protocol

namespace wsx::testing {

void memory_transport_hpp(asio::io_context& io) {
  using handler = printer;
  // [wsx/testing/memory_transport.hpp]
  memory_listener server{"feed"};
  basic_client<handler, memory_transport> client{io.get_executor()};
  client.connect(server.url(), asio::detached);
  io.poll();
  memory_peer peer = server.next().value();
  peer.accept();
  peer.write(text_frame("hello"));
  io.poll();
  // [wsx/testing/memory_transport.hpp]
}

void virtual_clock_hpp() {
  using namespace std::chrono_literals;
  // [wsx/testing/virtual_clock.hpp]
  asio::io_context io;
  wsx::testing::virtual_clock clock{io};
  wsx::testing::memory_listener server{"server"};
  wsx::basic_client<printer, wsx::testing::memory_transport> client{io};
  client.connect(server.url(), asio::detached);
  io.poll();
  server.next()->accept();
  clock.run_for(io, 1min);  // the server answers no ping
  assert(!client.is_open());
  // [wsx/testing/virtual_clock.hpp]
}

void echo_server_hpp() {
  // [wsx/testing/echo_server.hpp]
  scripted_server server{echo_script()};
  // [wsx/testing/echo_server.hpp]
}

void scripted_server_hpp() {
  // [wsx/testing/scripted_server.hpp]
  scripted_server server{[](server_connection& client) {
    client.accept();
    client.expect_text("hello");
    client.send_close(1000);
    client.expect_close(1000);
  }};
  // ... connect a client to server.url() ...
  server.wait();
  // [wsx/testing/scripted_server.hpp]
}

}  // namespace wsx::testing
