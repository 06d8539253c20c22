#include <wsx/testing/memory_transport.hpp>
#include <wsx/testing/script_error.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <thread>

namespace {

using namespace wsx::testing;
using wsx::io_direction;

struct waiter final : wsx::readiness_listener {
  explicit waiter(asio::any_io_executor executor) : strand(wsx::as_strand(std::move(executor))) {}

  void on_ready(io_direction direction, std::uint32_t, std::error_code e) override {
    ++(direction == io_direction::read ? reads : writes);
    error = e;
  }
  const wsx::strand& serial() const noexcept override { return strand; }

  wsx::strand strand;
  int reads = 0;
  int writes = 0;
  std::error_code error{};
};

asio::awaitable<void> connect(memory_transport* t, std::string url,
                              std::optional<std::error_code>* result) {
  wsx::url to;
  CHECK(!wsx::parse_url(url, to));
  wsx::diagnostics d;
  *result = co_await t->connect(to, d);
}

struct line {
  line() { transport.emplace(io.get_executor(), nullptr); }

  std::optional<std::error_code> dial(const std::string& url) {
    std::optional<std::error_code> result;
    asio::co_spawn(io, connect(&*transport, url, &result), asio::detached);
    poll();
    return result;
  }

  memory_peer open() {
    CHECK(dial(server.url()) == std::error_code());
    return server.next().value();
  }

  void wait(io_direction direction) {
    transport->async_wait(direction, wsx::wait_handler(ready, direction, 1));
  }

  // What a read of up to `size` bytes brings; in brackets the error.
  std::string read(std::size_t size = 100) {
    std::string room(size, '\0');
    const auto got = transport->read_some(std::as_writable_bytes(std::span(room)));
    room.resize(got.bytes);
    return got.error ? "[" + got.error.message() + "]" : room;
  }

  std::size_t write(std::string_view bytes) {
    const auto took = transport->write_some(wsx::as_bytes(bytes));
    error = took.error;
    return took.bytes;
  }

  void poll() {
    io.restart();
    io.poll();
  }

  asio::io_context io;
  memory_listener server{"name"};
  std::optional<memory_transport> transport;
  std::shared_ptr<waiter> ready = std::make_shared<waiter>(io.get_executor());
  std::error_code error{};
};

std::string failed(std::error_code e) {
  return "[" + e.message() + "]";
}

const std::string nothing_yet = failed(asio::error::would_block);

}  // namespace

TEST_SUITE("testing/memory_transport: connecting") {
  TEST_CASE("to whom the host names, with ws and wss") {
    line l;
    CHECK(l.dial("ws://name/path") == std::error_code());
    CHECK(l.server.accepted() == 1);
    CHECK(l.transport->peer_endpoint() == "memory:name");
    l.transport.emplace(l.io.get_executor(), nullptr);
    CHECK(l.dial("wss://NAME/") == std::error_code());
    CHECK(l.server.accepted() == 2);
  }

  TEST_CASE("nobody of that name") {
    line l;
    CHECK(l.dial("ws://nobody/") == asio::error::host_not_found);
  }

  TEST_CASE("a name only once at a time") {
    {
      line l;
      CHECK_THROWS_AS(memory_listener("name"), std::invalid_argument);
    }
    const memory_listener again("name");
    CHECK(again.url("/x") == "ws://name/x");
  }

  TEST_CASE("refused") {
    line l;
    l.server.refuse(asio::error::network_unreachable);
    CHECK(l.dial("wss://name/") == asio::error::network_unreachable);
    CHECK(!l.server.next());
  }

  TEST_CASE("held, then released or refused or closed") {
    for (const int how : {0, 1, 2}) {
      CAPTURE(how);
      line l;
      l.server.hold();
      std::optional<std::error_code> result;
      asio::co_spawn(l.io, connect(&*l.transport, l.server.url(), &result), asio::detached);
      l.poll();
      CHECK(!result);
      CHECK(l.server.waiting() == 1);
      if (how == 1) l.server.refuse(asio::error::timed_out);
      if (how < 2) l.server.release();
      if (how == 2) l.transport->close();
      l.poll();
      const std::error_code expected[] = {
          {}, asio::error::timed_out, asio::error::operation_aborted};
      CHECK(result == expected[how]);
    }
  }

  TEST_CASE("on_accept comes before the client can do anything") {
    line l;
    l.server.on_accept([](memory_peer& peer) { peer.write("first"); });
    l.open();
    CHECK(l.read() == "first");
  }
}

TEST_SUITE("testing/memory_transport: bytes") {
  TEST_CASE("both ways") {
    line l;
    memory_peer peer = l.open();
    CHECK(l.read() == nothing_yet);
    peer.write("hello");
    CHECK(l.read(3) == "hel");
    CHECK(l.read() == "lo");
    CHECK(l.read() == nothing_yet);
    CHECK(l.write("abc") == 3);
    CHECK(l.write("def") == 3);
    CHECK(peer.take_written() == "abcdef");
    CHECK(peer.take_written().empty());
    CHECK(peer.bytes_read() == 5);
    CHECK(peer.bytes_written() == 6);
    CHECK(l.write("xyz") == 3);
    CHECK(peer.discard_written() == 3);
  }

  TEST_CASE("limits") {
    line l;
    memory_peer peer = l.open();
    peer.limit_read(2);
    peer.limit_write(3);
    peer.write("hello");
    CHECK(l.read() == "he");
    CHECK(l.read() == "ll");
    CHECK(l.read() == "o");
    CHECK(l.write("abcdef") == 3);
    peer.allow_write(2);
    CHECK(l.write("def") == 2);
    CHECK(l.write("f") == 0);
    CHECK(l.error == asio::error::would_block);
    peer.allow_write(memory_peer::unlimited);
    CHECK(l.write("f") == 1);
    CHECK(peer.take_written() == "abcdef");
  }

  TEST_CASE("the end, and failures, behind what was written before") {
    line l;
    memory_peer peer = l.open();
    peer.write("last");
    SUBCASE("the end") {
      peer.close();
      CHECK(l.read() == "last");
      CHECK(l.read() == failed(asio::error::eof));
      CHECK(l.write("still") == 5);
    }
    SUBCASE("a failure, and nothing behind it") {
      peer.fail_reads(asio::error::connection_reset);
      peer.write("lost");
      peer.close();
      CHECK(l.read() == "last");
      CHECK(l.read() == failed(asio::error::connection_reset));
      CHECK(l.read() == failed(asio::error::connection_reset));
    }
    SUBCASE("a failure at a position") {
      peer.fail_reads_at(2, asio::error::connection_reset);
      CHECK(l.read() == "la");
      CHECK(l.read() == failed(asio::error::connection_reset));
    }
    SUBCASE("of writes, at once") {
      peer.fail_writes(asio::error::broken_pipe);
      CHECK(l.write("a") == 0);
      CHECK(l.error == asio::error::broken_pipe);
      CHECK(l.read() == "last");
    }
    SUBCASE("of writes, at a position") {
      peer.fail_writes_at(2, asio::error::broken_pipe);
      CHECK(l.write("abc") == 2);
      CHECK(l.write("c") == 0);
      CHECK(l.error == asio::error::broken_pipe);
    }
  }

  TEST_CASE("the client's shutdown and close") {
    line l;
    memory_peer peer = l.open();
    CHECK(!peer.client_shut_down());
    l.transport->shutdown();
    CHECK(peer.client_shut_down());
    CHECK(!peer.client_closed());
    CHECK(l.write("a") == 0);
    CHECK(l.error == asio::error::broken_pipe);
    peer.write("still");
    CHECK(l.read() == "still");
    l.transport->close();
    CHECK(peer.client_closed());
    CHECK(l.read() == failed(asio::error::bad_descriptor));
    peer.write("nobody reads this");
  }
}

TEST_SUITE("testing/memory_transport: waiting") {
  TEST_CASE("ends at the executor's next step, once") {
    line l;
    memory_peer peer = l.open();
    l.wait(io_direction::read);
    l.poll();
    CHECK(l.ready->reads == 0);
    peer.write("a");
    CHECK(l.ready->reads == 0);
    l.poll();
    CHECK(l.ready->reads == 1);
    CHECK(!l.ready->error);
    peer.write("b");
    l.poll();
    CHECK(l.ready->reads == 1);
    // What is there already needs no news.
    l.wait(io_direction::read);
    CHECK(l.ready->reads == 1);
    l.poll();
    CHECK(l.ready->reads == 2);
  }

  TEST_CASE("for writes") {
    line l;
    memory_peer peer = l.open();
    peer.allow_write(0);
    l.wait(io_direction::write);
    l.poll();
    CHECK(l.ready->writes == 0);
    peer.write("a");
    l.poll();
    CHECK(l.ready->writes == 0);
    peer.allow_write(1);
    l.poll();
    CHECK(l.ready->writes == 1);
  }

  TEST_CASE("ends with failures, with the end, and with close") {
    line l;
    memory_peer peer = l.open();
    l.wait(io_direction::read);
    SUBCASE("the end") {
      peer.close();
      l.poll();
      CHECK(!l.ready->error);
    }
    SUBCASE("a failure") {
      peer.fail_reads(asio::error::connection_reset);
      l.poll();
      CHECK(!l.ready->error);
    }
    SUBCASE("close") {
      l.transport->close();
      CHECK(l.ready->reads == 0);
      l.poll();
      CHECK(l.ready->error == asio::error::operation_aborted);
    }
    SUBCASE("destruction") {
      l.transport.reset();
      l.poll();
      CHECK(l.ready->error == asio::error::operation_aborted);
    }
    CHECK(l.ready->reads == 1);
  }

  TEST_CASE("nothing of it is left when the executor ends first") {
    std::weak_ptr<waiter> alive;
    {
      line l;
      alive = l.ready;
      l.open();
      l.wait(io_direction::read);
    }
    CHECK(alive.expired());
  }
}

TEST_SUITE("testing/memory_transport: memory_peer") {
  TEST_CASE("accept answers a request, and throws if there is none") {
    line l;
    memory_peer peer = l.open();
    CHECK_THROWS_AS(peer.accept(), script_error);
    l.write(
        "GET /x HTTP/1.1\r\nHost: name\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        "rest");
    CHECK(peer.accept({.subprotocol = "feed"}).target == "/x");
    CHECK(peer.take_written() == "rest");
    const auto response = l.read(1000);
    CHECK(response.starts_with("HTTP/1.1 101 "));
    CHECK(response.find("Sec-WebSocket-Protocol: feed\r\n") != std::string::npos);
  }

  TEST_CASE("take_frame takes whole frames only") {
    line l;
    memory_peer peer = l.open();
    l.write(std::string("\x81\x82\0\0\0\0h", 7));
    CHECK(!peer.take_frame());
    l.write("i");
    const auto frame = peer.take_frame();
    REQUIRE(frame);
    CHECK(frame->payload == "hi");
    CHECK(!peer.take_frame());
    l.write("\x01\x02");  // not masked
    CHECK_THROWS_AS(peer.take_frame(), script_error);
  }

  TEST_CASE("from another thread") {
    line l;
    memory_peer peer = l.open();
    constexpr int count = 2000;
    std::thread server([peer]() mutable {
      for (int i = 0; i < count; ++i) peer.write("x");
      std::size_t seen = 0;
      while (seen < count) seen += peer.discard_written();
      peer.close();
    });
    std::size_t got = 0;
    for (std::string bytes; bytes != failed(asio::error::eof);) {
      const int before = l.ready->reads;
      l.wait(io_direction::read);
      while (l.ready->reads == before) {
        l.io.restart();
        l.io.run_one();
      }
      bytes = l.read(7);
      if (!bytes.starts_with('x')) continue;
      got += bytes.size();
      l.write(bytes);
    }
    server.join();
    CHECK(got == count);
  }
}
