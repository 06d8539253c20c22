#include "../common/black_hole.hpp"
#include "support.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

// Connecting that is canceled, aborted, or whose client is destroyed: wherever that meets it, it
// ends at once, and leaves nothing behind.

using namespace loopback_test;
using namespace wsx::testing;

namespace {

using endpoints = wsx::resolver::endpoints;

enum class interruption { cancel, abort, destroy };

const std::vector<interruption> interruptions{interruption::cancel, interruption::abort,
                                              interruption::destroy};

std::error_code error_of(interruption how) {
  if (how == interruption::cancel) return asio::error::operation_aborted;
  return wsx::errc::aborted;
}

// The client's own deadlines don't help.
wsx::options patient() {
  auto o = calm();
  o.connect_timeout = o.handshake_timeout = std::chrono::minutes(10);
  return o;
}

wsx::options trusting(const certificate& ca) {
  auto o = patient();
  o.tls.ca_pem = ca.certificate_pem;
  return o;
}

auto noted_in(std::vector<std::error_code>& results) {
  return [&results](std::error_code error) { results.push_back(error); };
}

// A client that connects on a loop which is run by hand.
struct attempt {
  explicit attempt(std::string url, const wsx::options& options = patient())
      : client(std::in_place, io.get_executor(), recorder(), options) {
    client->connect(std::move(url), asio::bind_cancellation_slot(signal.slot(), noted_in(results)));
  }

  bool done() const { return !results.empty(); }

  // Runs the next thing, and waits for it if need be.
  void step() {
    io.restart();
    io.run_one_for(std::chrono::seconds(60));
  }

  template <class Condition>
  void run_until(Condition met) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!met() && std::chrono::steady_clock::now() < give_up) {
      io.restart();
      io.run_one_for(std::chrono::milliseconds(20));
    }
    REQUIRE(met());
  }

  void interrupt(interruption how) {
    if (how == interruption::cancel) signal.emit(asio::cancellation_type::terminal);
    if (how == interruption::abort) client->abort();
    if (how == interruption::destroy) client.reset();
  }

  // The attempt is over; what is left ends with the client.
  void finish() {
    run_until([&] { return done(); });
    client.reset();
    io.restart();
    io.run_for(std::chrono::seconds(60));
    CHECK(io.stopped());
    CHECK(results.size() == 1);
  }

  asio::io_context io;
  std::optional<wsx::client<recorder>> client;
  asio::cancellation_signal signal;
  std::vector<std::error_code> results;
};

// A client whose connecting was canceled may connect again.
void check_usable(attempt& a) {
  scripted_server server{[](server_connection& client) {
    client.accept_and_send({close_frame(1000)});
    client.wait_eof();
  }};
  std::vector<std::error_code> connected;
  a.client->connect(server.url(), noted_in(connected));
  a.run_until([&] { return !connected.empty(); });
  CHECK(connected == std::vector{std::error_code()});
}

// Interrupted in each way once the server says, by counting, that it has come so far: it will not
// say more.
void interrupt_all(const std::string& url, const wsx::options& options,
                   const std::atomic<int>& reached) {
  for (const auto how : interruptions) {
    const int before = reached;
    CAPTURE(static_cast<int>(how));
    attempt a(url, options);
    a.run_until([&] { return reached > before; });
    REQUIRE(!a.done());
    a.interrupt(how);
    a.run_until([&] { return a.done(); });
    CHECK(a.results.front() == error_of(how));
    if (how == interruption::cancel) check_usable(a);
    a.finish();
  }
}

// After each of the steps that connecting takes, resolving the name among them, until it is too
// late. Says how often it was not.
int interrupt_each_step(interruption how, const std::string& url, const wsx::options& options) {
  int in_time = 0;
  for (int steps = 0;; ++steps) {
    CAPTURE(steps);
    attempt a(url, options);
    for (int i = 0; i < steps && !a.done(); ++i) a.step();
    const bool late = a.done();
    a.interrupt(how);
    a.finish();
    const auto error = a.results.front();
    CHECK((!error || error == error_of(how)));
    if (error) ++in_time;
    if (!late) continue;
    CHECK(!error);
    return in_time;
  }
}

asio::awaitable<endpoints> resolve_in_steps(endpoints found) {
  for (int i = 0; i < 2; ++i)
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  co_return found;
}

// Takes its time to say that these are the addresses of any host.
std::shared_ptr<wsx::resolver> resolving_to(endpoints found) {
  return wsx::make_resolver(
      [found](const std::string&, std::uint16_t) { return resolve_in_steps(found); });
}

}  // namespace

TEST_SUITE("loopback/interrupting") {
  TEST_CASE("at each step, with a name to resolve") {
    for (const bool tls : {false, true}) {
      for (const auto how : interruptions) {
        CAPTURE(tls);
        CAPTURE(static_cast<int>(how));
        const auto ca = make_ca();
        server_options options;
        if (tls) options.tls = make_server_certificate(ca);
        scripted_server server{[](server_connection& client) {
                                 client.accept();
                                 client.wait_eof();
                               },
                               options};
        auto client = trusting(ca);
        client.dial.resolver = resolving_to({{asio::ip::address_v4::loopback(), server.port()}});
        // The client starts, the name is resolved, TLS set up, the handshake's response read; TCP
        // to this host connects without a step of its own.
        CHECK(interrupt_each_step(how, server.url("/", "localhost"), client) > (tls ? 3 : 2));
      }
    }
  }

#ifdef __linux__

  TEST_CASE("while TCP connects, to an address that does not answer, or to two of them") {
    const common_test::black_hole silent;
    for (const std::string scheme : {"ws", "wss"}) {
      for (const std::size_t count : {std::size_t{1}, std::size_t{2}}) {
        for (const auto how : interruptions) {
          CAPTURE(scheme);
          CAPTURE(count);
          CAPTURE(static_cast<int>(how));
          auto options = patient();
          options.dial.resolver = resolving_to(endpoints(count, silent.endpoint()));
          attempt a(scheme + "://localhost/", options);
          a.io.poll();
          REQUIRE(!a.done());
          a.interrupt(how);
          a.run_until([&] { return a.done(); });
          CHECK(a.results.front() == error_of(how));
          a.finish();
        }
      }
    }
  }

#endif

  TEST_CASE("in the TLS handshake: the server reads, and says nothing") {
    std::atomic<int> greeted{0};
    scripted_server server{[&](server_connection& client) {
      client.read_raw(1);
      ++greeted;
      client.wait_eof();
    }};
    interrupt_all("wss://127.0.0.1:" + std::to_string(server.port()) + "/", patient(), greeted);
  }

  TEST_CASE("in the opening handshake: the server reads, and says nothing") {
    for (const bool tls : {false, true}) {
      CAPTURE(tls);
      const auto ca = make_ca();
      server_options options;
      if (tls) options.tls = make_server_certificate(ca);
      std::atomic<int> asked{0};
      scripted_server server{[&](server_connection& client) {
                               client.read_request();
                               ++asked;
                               client.wait_eof();
                             },
                             options};
      interrupt_all(server.url(), trusting(ca), asked);
    }
  }

  TEST_CASE("in the opening handshake, of which half has come") {
    std::atomic<int> answered{0};
    scripted_server server{[&](server_connection& client) {
      client.respond("HTTP/1.1 101 Switching Proto");
      ++answered;
      client.wait_eof();
    }};
    interrupt_all(server.url(), patient(), answered);
  }
}
