#include "../common/black_hole.hpp"

#include <wsx/dial_options.hpp>
#include <wsx/error.hpp>
#include <wsx/resolver.hpp>
#include <wsx/transport/tcp.hpp>

#include <asio/cancellation_state.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

// What a transport makes of a user's resolver, and of the addresses that it returns.

namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using endpoints = wsx::resolver::endpoints;

const auto here = asio::ip::address_v4::loopback();

struct attempt {
  asio::io_context io;
  std::shared_ptr<wsx::dial_options> options = std::make_shared<wsx::dial_options>();
  std::shared_ptr<wsx::transport_settings> settings = std::make_shared<wsx::transport_settings>();
  std::optional<wsx::tcp_transport> transport{};
  wsx::url to;
  wsx::diagnostics d{};
  std::optional<std::error_code> result{};
  std::exception_ptr thrown{};

  explicit attempt(std::shared_ptr<wsx::resolver> by, const std::string& url = "ws://feed:7/") {
    options->resolver = std::move(by);
    settings->dial = options;
    REQUIRE_FALSE(wsx::parse_url(url, to));
    transport.emplace(io.get_executor(), settings);
  }
  void start() {
    asio::co_spawn(io, transport->connect(to, d),
                   [this](const std::exception_ptr& e, std::error_code error) {
                     result = error;
                     thrown = e;
                   });
    io.poll();
  }
  void run() {
    start();
    io.run();
  }
};

std::shared_ptr<wsx::resolver> always(endpoints all) {
  return wsx::make_resolver([all](const std::string&, std::uint16_t) { return all; });
}

// Where nobody listens.
tcp::endpoint refusing() {
  asio::io_context io;
  return tcp::acceptor(io, tcp::endpoint(here, 0)).local_endpoint();
}

std::string text_of(const tcp::endpoint& e) {
  return e.address().to_string() + ":" + std::to_string(e.port());
}

asio::awaitable<endpoints> find_later(std::string host, std::uint16_t port) {
  asio::steady_timer soon(co_await asio::this_coro::executor, 0ms);
  co_await soon.async_wait(asio::use_awaitable);
  if (host != "feed" || port != 7) throw std::runtime_error("another host");
  endpoints none;
  co_return none;
}

struct counted {
  int* canceled;
  ~counted() { ++*canceled; }
};

// Waits forever. `ended` is counted when it ends, one way or the other.
asio::awaitable<endpoints> find_never(int* ended) {
  const counted at_end{ended};
  asio::steady_timer never(co_await asio::this_coro::executor,
                           asio::steady_timer::time_point::max());
  co_await never.async_wait(asio::use_awaitable);
  endpoints none;
  co_return none;
}

// The same, and ignores that it is canceled, until `go_on`.
asio::awaitable<endpoints> find_stubbornly(asio::steady_timer* go_on) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  std::error_code ignored;
  co_await go_on->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  endpoints none;
  co_return none;
}

}  // namespace

TEST_SUITE("transport/resolver") {
  TEST_CASE("a function: it gets host and port, and says where to connect") {
    asio::io_context io;
    tcp::acceptor server(io, tcp::endpoint(here, 0));
    std::vector<std::string> asked;
    const auto at = server.local_endpoint();
    attempt a(wsx::make_resolver([&, at](const std::string& host, std::uint16_t port) {
      asked.push_back(host + ":" + std::to_string(port));
      return endpoints{at};
    }));
    a.run();
    CHECK(a.result == std::error_code());
    CHECK(asked == std::vector<std::string>{"feed:7"});
    CHECK(a.transport->peer_endpoint() == text_of(at));
  }

  TEST_CASE("it is asked about localhost, but not about an address") {
    int asked = 0;
    const auto count = [&asked](const std::string&, std::uint16_t) {
      ++asked;
      return endpoints{refusing()};
    };
    attempt name(wsx::make_resolver(count), "ws://localhost:1/");
    name.run();
    CHECK(asked == 1);
    attempt address(wsx::make_resolver(count), "ws://127.0.0.1:1/");
    address.run();
    CHECK(asked == 1);
  }

  TEST_CASE("a coroutine") {
    attempt a(wsx::make_resolver(find_later));
    a.run();
    CHECK(a.result == asio::error::no_data);
    CHECK(a.d.stage == wsx::connect_stage::resolving);
    CHECK(a.d.detail == "dial_options::resolver returned no address");
  }

  TEST_CASE("its order counts, and each that fails is named") {
    const auto first = refusing();
    const auto second = refusing();
    const endpoints all{first, {asio::ip::address_v6::loopback(), 1}, second};
    attempt a(always(all));
    a.run();
    REQUIRE(a.d.tried.size() == 3);
    CHECK(a.d.tried[0].endpoint == text_of(first));
    CHECK(a.d.tried[1].endpoint == "[::1]:1");
    CHECK(a.d.tried[2].endpoint == text_of(second));
    CHECK(a.d.stage == wsx::connect_stage::connecting);
    const std::string refused = std::error_code(asio::error::connection_refused).message();
    CHECK(a.result == asio::error::connection_refused);
    CHECK(a.d.detail.starts_with(text_of(first) + ": " + refused + ", [::1]:1: "));
    CHECK(a.d.detail.ends_with(", " + text_of(second) + ": " + refused));
  }

  TEST_CASE("the number of addresses is bounded, and so is what is said of them") {
    asio::io_context io;
    tcp::acceptor server(io, tcp::endpoint(here, 0));
    endpoints all(31, refusing());
    all.push_back(server.local_endpoint());
    attempt within(always(all));
    within.run();
    CHECK(within.result == std::error_code());
    all.insert(all.begin(), all.front());
    attempt beyond(always(all));
    beyond.run();
    CHECK(beyond.result == asio::error::connection_refused);
    CHECK(beyond.d.tried.size() == 16);
    CHECK(beyond.d.detail.size() < 16 * 80);
  }

  TEST_CASE("what it throws: an error of the system is that of the attempt") {
    const auto fail = [](const std::string&, std::uint16_t) -> endpoints {
      throw std::system_error(std::error_code(asio::error::host_not_found), "zone\n7");
    };
    attempt a(wsx::make_resolver(fail));
    a.run();
    CHECK(a.result == asio::error::host_not_found);
    CHECK_FALSE(a.thrown);
    CHECK(a.d.detail.starts_with("zone\\n7: "));
  }

  TEST_CASE("what it throws: anything else goes to the client") {
    const auto fail = [](const std::string&, std::uint16_t) -> endpoints {
      throw std::runtime_error("no luck");
    };
    attempt plain(wsx::make_resolver(fail));
    plain.run();
    REQUIRE(plain.thrown);
    CHECK_THROWS_WITH(std::rethrow_exception(plain.thrown), "no luck");
    attempt coroutine(wsx::make_resolver(find_later), "ws://other/");
    coroutine.run();
    REQUIRE(coroutine.thrown);
    CHECK_THROWS_WITH(std::rethrow_exception(coroutine.thrown), "another host");
  }

  TEST_CASE("closed while it is asked: what it awaits is canceled") {
    int ended = 0;
    const auto wait = [&ended](const std::string&, std::uint16_t) { return find_never(&ended); };
    attempt a(wsx::make_resolver(wait));
    a.start();
    CHECK_FALSE(a.result);
    a.transport->close();
    CHECK_FALSE(a.result);  // nothing completes within
    a.io.run();
    CHECK(a.result == asio::error::operation_aborted);
    CHECK(ended == 1);
  }

  TEST_CASE("closed while it is asked: one that ignores that holds nobody up") {
    attempt a(nullptr);
    asio::steady_timer go_on(a.io, asio::steady_timer::time_point::max());
    const auto wait = [&go_on](const std::string&, std::uint16_t) {
      return find_stubbornly(&go_on);
    };
    auto by = wsx::make_resolver(wait);
    const std::weak_ptr<wsx::resolver> used = by;
    a.options->resolver = std::move(by);
    a.start();
    a.transport->close();
    a.io.poll();
    CHECK(a.result == asio::error::operation_aborted);
    a.options.reset();
    a.settings.reset();
    a.transport.reset();
    CHECK_FALSE(used.expired());  // it is still running
    go_on.cancel();
    a.io.run();
    CHECK(used.expired());
  }

  TEST_CASE("its context ends while it is asked") {
    int ended = 0;
    const auto wait = [&ended](const std::string&, std::uint16_t) { return find_never(&ended); };
    {
      attempt a(wsx::make_resolver(wait));
      a.start();
    }
    CHECK(ended == 1);
  }

#ifdef __linux__

  TEST_CASE("the first address never answers, the second connects: nothing was tried in vain") {
    const common_test::black_hole silent;
    asio::io_context io;
    tcp::acceptor server(io, tcp::endpoint(here, 0));
    attempt a(always({silent.endpoint(), server.local_endpoint()}));
    a.run();
    CHECK(a.result == std::error_code());
    CHECK(a.transport->peer_endpoint() == text_of(server.local_endpoint()));
    CHECK(a.transport->local_endpoint().starts_with("127.0.0.1:"));
    CHECK(a.d.tried.empty());
    CHECK(a.d.detail.empty());
  }

  TEST_CASE("given up before any has answered: all are named") {
    const common_test::black_hole silent;
    const auto nobody = refusing();
    attempt a(always({nobody, silent.endpoint(), silent.endpoint()}));
    a.start();
    a.transport->close();
    a.io.run();
    CHECK(a.result == asio::error::operation_aborted);
    const std::vector<wsx::tried_address> expected{
        {text_of(nobody), asio::error::connection_refused},
        {text_of(silent.endpoint()), asio::error::timed_out}};
    CHECK(a.d.tried == expected);
  }

  TEST_CASE("address_timeout: of the only address as well") {
    const common_test::black_hole silent;
    attempt a(nullptr, "ws://" + text_of(silent.endpoint()) + "/");
    a.options->address_timeout = 1ms;
    a.run();
    CHECK(a.result == asio::error::timed_out);
    CHECK(a.d.tried.size() == 1);
  }

#endif
}
