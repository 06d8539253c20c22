#include "../support.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

// A request that is completed before each attempt: dial_options::prepare.

namespace {

using namespace behavior_test;
using namespace std::chrono_literals;

wsx::options preparing(wsx::prepare_hook hook) {
  auto options = calm();
  options.dial.prepare = std::move(hook);
  return options;
}

wsx::options reconnecting(wsx::prepare_hook hook) {
  wsx::reconnect_options how;
  how.delay.initial = 0ms;
  return preparing(std::move(hook)).set(&wsx::options::reconnect, how);
}

// The headers "Token" of the next request, which is accepted.
std::vector<std::string> tokens_of(const wsx::testing::http_request& request) {
  std::vector<std::string> all;
  for (const auto& field : request.headers) {
    if (field.name == "Token") all.push_back(field.value);
  }
  return all;
}

using tokens = std::vector<std::string>;

// Waits for the test, as for a server that issues tokens.
struct gate {
  explicit gate(asio::io_context& io) : timer(io, asio::steady_timer::time_point::max()) {}

  asio::awaitable<void> wait() {
    std::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (!opened) throw std::system_error(error);
  }
  void open() {
    opened = true;
    timer.cancel();
  }

  asio::steady_timer timer;
  bool opened = false;
};

void number_tokens(wsx::request& r, std::size_t attempt) {
  r.header("Token", std::to_string(attempt));
}

}  // namespace

TEST_SUITE("behavior/connection/prepare") {
  TEST_CASE("each attempt has a request of its own, the first one included") {
    client_fixture<quiet> f({}, reconnecting(number_tokens));
    memory_peer peer = f.dial();
    CHECK(tokens_of(peer.accept()) == tokens{"1"});
    poll(f.io);
    peer.close();
    poll(f.io);
    peer = f.next();
    peer.write("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    poll(f.io);
    CHECK(tokens_of(f.next().accept()) == tokens{"2"});
    poll(f.io);
    CHECK(f.client->is_open());
  }

  TEST_CASE("another URL: that attempt goes there, the next one starts from the request again") {
    memory_listener other{"other"};
    bool moved = false;
    struct remembers {
      std::string url{};
      void handle_connect(const wsx::connection_info& info) { url = info.url; }
      void handle_frame(wsx::text) {}
    };
    client_fixture<remembers> f({}, reconnecting([&](wsx::request& r, std::size_t) {
                                  if (!std::exchange(moved, true)) r.url = "ws://other/x";
                                }));
    f.client->connect(f.server.url(), f.connected.token());
    poll(f.io);
    memory_peer peer = other.next().value();
    CHECK(peer.accept().target == "/x");
    poll(f.io);
    CHECK(f.handler().url == "ws://other/x");
    peer.close();
    poll(f.io);
    f.next_open();
    CHECK(f.handler().url == f.server.url());
  }

  TEST_CASE("a rotation has a fresh request, too") {
    auto options = preparing(
        [n = 0](wsx::request& r, std::size_t) mutable { r.header("Token", std::to_string(++n)); });
    options.max_connection_age = 1h;
    client_fixture<quiet> f({}, options);
    CHECK(tokens_of(f.dial().accept()) == tokens{"1"});
    poll(f.io);
    f.let_pass(1h);
    CHECK(tokens_of(f.next().accept()) == tokens{"2"});
  }

  TEST_CASE("a coroutine is awaited before the connection is made") {
    std::unique_ptr<gate> g;
    auto hook = [&g](wsx::request& r, std::size_t attempt) -> asio::awaitable<void> {
      co_await g->wait();
      number_tokens(r, attempt);
    };
    client_fixture<quiet> f({}, preparing(hook));
    g = std::make_unique<gate>(f.io);
    f.client->connect(f.server.url(), f.connected.token());
    poll(f.io);
    CHECK(f.server.accepted() == 0);
    CHECK_FALSE(f.connected.done());
    g->open();
    poll(f.io);
    CHECK(tokens_of(f.next().accept()) == tokens{"1"});
    poll(f.io);
    CHECK(f.connected.ok());
    g.reset();
  }

  TEST_CASE("an exception fails the attempt, and the next one may succeed") {
    bool throws = true;
    client_fixture<quiet> f({}, preparing([&](wsx::request&, std::size_t) {
                              if (throws) throw std::runtime_error("no token\n");
                            }));
    wsx::diagnostics d;
    f.client->connect(f.server.url(), d, f.connected.token());
    poll(f.io);
    CHECK(f.connected.failed(wsx::errc::prepare_failed));
    CHECK(f.connected.error == wsx::condition::transient);
    CHECK_FALSE(f.connected.error == wsx::condition::permanent);
    CHECK(d.stage == wsx::connect_stage::preparing);
    CHECK(d.message ==
          "cannot connect to \"ws://server/\": dial_options::prepare threw: no token\\n");
    throws = false;
    f.connected = {};
    f.open();
    CHECK(f.connected.ok());
  }

  TEST_CASE("an error of the system keeps its code, from a coroutine as well") {
    client_fixture<quiet> f({}, preparing([](wsx::request&, std::size_t) -> asio::awaitable<void> {
                              (void)co_await asio::this_coro::executor;
                              throw std::system_error(asio::error::connection_refused, "token");
                            }));
    wsx::diagnostics d;
    f.client->connect(f.server.url(), d, f.connected.token());
    poll(f.io);
    CHECK(f.connected.failed(asio::error::connection_refused));
    CHECK(d.message ==
          "cannot connect to \"ws://server/\": preparing the request: token: Connection refused");
  }

  TEST_CASE("an awaitable of another executor is refused") {
    using other = asio::awaitable<void, asio::io_context::executor_type>;
    client_fixture<quiet> f({}, preparing([](wsx::request&, std::size_t) -> other { co_return; }));
    wsx::diagnostics d;
    f.client->connect(f.server.url(), d, f.connected.token());
    poll(f.io);
    CHECK(f.connected.failed(wsx::errc::prepare_failed));
    CHECK(d.detail == "it does not return asio::awaitable<void>");
  }

  TEST_CASE("an error without a value is no success") {
    client_fixture<quiet> f({}, preparing([](wsx::request&, std::size_t) {
                              throw std::system_error(std::error_code());
                            }));
    f.client->connect(f.server.url(), f.connected.token());
    poll(f.io);
    CHECK(f.connected.failed(wsx::errc::prepare_failed));
  }

  TEST_CASE("what it sets is checked like any request") {
    client_fixture<quiet> f(
        {}, preparing([](wsx::request& r, std::size_t) { r.header("A", "b\r\nC: d"); }));
    f.client->connect(f.server.url(), f.connected.token());
    poll(f.io);
    CHECK(f.connected.failed(wsx::errc::invalid_header));
    CHECK(f.server.accepted() == 0);
  }

  TEST_CASE("connect_timeout covers it") {
    std::unique_ptr<gate> g;
    auto options = preparing(
        [&g](wsx::request&, std::size_t) -> asio::awaitable<void> { co_await g->wait(); });
    options.connect_timeout = 3s;
    client_fixture<quiet> f({}, options);
    g = std::make_unique<gate>(f.io);
    wsx::diagnostics d;
    f.client->connect(f.server.url(), d, f.connected.token());
    f.let_pass(3s - 1ms);
    CHECK_FALSE(f.connected.done());
    f.let_pass(1ms);
    CHECK(f.connected.failed(wsx::errc::connect_timeout));
    CHECK(d.message ==
          "cannot connect to \"ws://server/\": preparing the request: not finished within 3 s "
          "(connect_timeout)");
    // It was canceled.
    CHECK(f.io.stopped());
    g.reset();
  }

  TEST_CASE("one that ignores its cancellation holds up neither abort nor the destructor") {
    for (const bool destroyed : {false, true}) {
      CAPTURE(destroyed);
      bool through = false;
      std::unique_ptr<gate> g;
      auto hook = [&](wsx::request& r, std::size_t) -> asio::awaitable<void> {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        co_await g->wait();
        r.header("Too", "late");
        through = true;
      };
      client_fixture<quiet> f({}, preparing(hook));
      g = std::make_unique<gate>(f.io);
      f.client->connect(f.server.url(), f.connected.token());
      f.client->join(f.ended.join_token());
      poll(f.io);
      if (destroyed) {
        f.client.reset();
      } else {
        f.client->abort();
      }
      poll(f.io);
      CHECK(f.connected.failed(wsx::errc::aborted));
      CHECK(f.ended.done());
      CHECK_FALSE(through);
      g->open();
      poll(f.io);
      CHECK(through);
      CHECK(f.server.accepted() == 0);
      g.reset();
    }
  }

  TEST_CASE("a canceled connect cancels it") {
    std::unique_ptr<gate> g;
    bool canceled = false;
    auto hook = [&](wsx::request&, std::size_t) -> asio::awaitable<void> {
      try {
        co_await g->wait();
      } catch (const std::system_error&) {
        canceled = true;
        throw;
      }
    };
    client_fixture<quiet> f({}, preparing(hook));
    g = std::make_unique<gate>(f.io);
    asio::cancellation_signal stop;
    f.client->connect(f.server.url(),
                      asio::bind_cancellation_slot(stop.slot(), f.connected.token()));
    poll(f.io);
    stop.emit(asio::cancellation_type::terminal);
    poll(f.io);
    CHECK(canceled);
    CHECK(f.connected.failed(asio::error::operation_aborted));
    g.reset();
  }

  TEST_CASE("options with the same hook are equal") {
    const wsx::prepare_hook one(number_tokens);
    CHECK(preparing(one) == preparing(one));
    CHECK(preparing(one) != preparing(number_tokens));
    CHECK(preparing(one) != calm());
    CHECK(static_cast<bool>(one));
    CHECK_FALSE(static_cast<bool>(wsx::prepare_hook()));
  }
}
