#include "interrupting.hpp"

#include "../common/black_hole.hpp"

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
        auto client = patient_trusting(ca);
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
      interrupt_all(server.url(), patient_trusting(ca), asked);
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
