#include "../support.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>

#include <exception>

// Temporaries in a co_await expression. GCC 12 destroys aggregates there twice; what users of wsx
// write there is not an aggregate. All strings here are too long to lie within their objects.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

const std::string token = "Bearer 0123456789012345678901234567890123456789";

struct named {
  explicit named(std::string n) : name(std::move(n)) {}

  void handle_frame(wsx::text) {}

  std::string name;
};

struct aggregate {
  std::string name;
  std::string again = name;

  void handle_frame(wsx::text) {}
};

// Runs `user`; the server is asked what it heard of the client. The exception, if any, is thrown.
http_request heard_by_server(asio::awaitable<void> user, asio::io_context& io,
                             memory_listener& server) {
  std::exception_ptr thrown;
  bool over = false;
  asio::co_spawn(io, std::move(user), [&](std::exception_ptr e) {
    thrown = std::move(e);
    over = true;
  });
  poll(io);
  auto peer = server.next().value();
  auto request = peer.accept();
  poll(io);
  CHECK(over);
  if (thrown) std::rethrow_exception(thrown);
  return request;
}

asio::awaitable<void> connect_to_request(std::string url) {
  memory_client<named> client(
      co_await asio::this_coro::executor, named(url + token),
      wsx::options(calm()).set(&wsx::options::tls,
                               wsx::tls_options().set(&wsx::tls_options::ca_file, url)));
  co_await client.connect(
      wsx::request(url + "feed-with-a-long-name").header("Authorization", token).subprotocol("v2"));
  CHECK(client.handler().name == url + token);
}

asio::awaitable<void> connect_to_url(std::string url) {
  memory_client<named> client(co_await asio::this_coro::executor, named(url), wsx::options());
  co_await client.connect(url + "feed-with-a-long-name");
  CHECK(client.handler().name == url);
}

asio::awaitable<void> send_temporaries(std::string url) {
  memory_client<named> client(co_await asio::this_coro::executor, named(url), calm());
  co_await client.connect(url);
  co_await client.send(wsx::text{url + token});
  co_await client.send(wsx::uncompressed(wsx::binary(std::string_view(url + token))));
}

asio::awaitable<void> make_in_place(std::string url) {
  memory_client<aggregate> client(
      co_await asio::this_coro::executor,
      wsx::options(calm()).set(&wsx::options::deflate, wsx::deflate_options{.level = 1}),
      std::in_place, url + token);
  co_await client.connect(url);
  CHECK(client.handler().name == url + token);
  CHECK(client.handler().again == url + token);
}

}  // namespace

TEST_SUITE("behavior/operations/temporaries") {
  TEST_CASE("a request with header fields, options, and a handler with a constructor") {
    asio::io_context io;
    memory_listener server("a-server-with-a-long-name");
    const auto heard = heard_by_server(connect_to_request(server.url()), io, server);
    CHECK(*heard.find("Authorization") == token);
    CHECK(*heard.find("Sec-WebSocket-Protocol") == "v2");
    CHECK(heard.target == "/feed-with-a-long-name");
  }

  TEST_CASE("a URL that is made there") {
    asio::io_context io;
    memory_listener server("a-server-with-a-long-name");
    const auto heard = heard_by_server(connect_to_url(server.url()), io, server);
    CHECK(heard.target == "/feed-with-a-long-name");
  }

  TEST_CASE("an aggregate for a handler, in place") {
    asio::io_context io;
    memory_listener server("a-server-with-a-long-name");
    const auto heard = heard_by_server(make_in_place(server.url()), io, server);
    CHECK(heard.find("Sec-WebSocket-Extensions") != nullptr);
  }

  TEST_CASE("frames of strings that are made there") {
    asio::io_context io;
    memory_listener server("a-server-with-a-long-name");
    CHECK_NOTHROW(heard_by_server(send_temporaries(server.url()), io, server));
  }
}
