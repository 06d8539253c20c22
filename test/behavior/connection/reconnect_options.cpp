#include "../support.hpp"

#include <chrono>
#include <vector>

// A client that reconnects by its options, without a `handle_disconnect` that decides.

namespace {

using namespace behavior_test;
using namespace std::chrono_literals;
using attempts = std::vector<std::size_t>;

wsx::reconnect_options delays_up_to(std::chrono::milliseconds most) {
  wsx::reconnect_options o;
  o.delay.initial = o.delay.max = most;
  return o;
}

wsx::options reconnecting(wsx::reconnect_options how = delays_up_to(0ms)) {
  return calm().set(&wsx::options::reconnect, how);
}

// Looks on, and leaves the decision to the options.
struct observer {
  attempts* seen;
  void handle_frame(wsx::text) {}
  void handle_disconnect(const wsx::disconnect& d) { seen->push_back(d.attempt); }
};

struct observed {
  attempts seen{};
};

struct observing_fixture : observed, client_fixture<observer> {
  explicit observing_fixture(wsx::options options) : client_fixture({&seen}, std::move(options)) {}

  // The server accepts connections, and closes them at once.
  void accept_and_drop(int connections) {
    for (int i = 0; i < connections; ++i) {
      next_open().close();
      poll(io);
    }
  }
};

struct closes_on_text {
  wsx::action handle_frame(wsx::text) { return wsx::close(); }
};

}  // namespace

TEST_SUITE("behavior/connection/reconnect_options") {
  TEST_CASE("a handler without handle_disconnect: the client comes back") {
    client_fixture<quiet> f({}, reconnecting());
    memory_peer peer = f.open();
    peer.close();
    poll(f.io);
    peer = f.next_open();
    CHECK(f.client->is_open());
    // A normal end is no reason to stay away.
    peer.write(wsx::testing::close_frame(1000));
    peer.close();
    poll(f.io);
    f.next_open();
    CHECK(f.client->is_open());
    CHECK(f.client->stats().connects == 3);
    CHECK_FALSE(f.ended.done());
  }

  TEST_CASE("without the option it ends") {
    client_fixture<quiet> f;
    f.open().close();
    poll(f.io);
    CHECK(f.ended.failed(wsx::errc::connection_dropped));
  }

  TEST_CASE("a handle_disconnect that returns nothing looks on") {
    observing_fixture f(reconnecting());
    f.open().close();
    poll(f.io);
    f.next_open();
    CHECK(f.client->is_open());
    CHECK(f.seen == attempts{1});
  }

  TEST_CASE("a handle_disconnect that decides has the last word") {
    struct stops {
      void handle_frame(wsx::text) {}
      wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) { return wsx::stop(); }
    };
    client_fixture<stops> f({}, reconnecting());
    f.open().close();
    poll(f.io);
    CHECK(f.ended.failed(wsx::errc::connection_dropped));
    CHECK(f.server.accepted() == 1);
  }

  TEST_CASE("this side closed: the client ends") {
    client_fixture<closes_on_text> f({}, reconnecting());
    memory_peer peer = f.open();
    peer.write(wsx::testing::text_frame("close"));
    poll(f.io);
    peer.write(wsx::testing::close_frame(1000));
    peer.close();
    poll(f.io);
    CHECK(f.ended.ok());
    CHECK(f.server.accepted() == 1);
  }

  TEST_CASE("a permanent error ends the client, a transient one does not") {
    client_fixture<quiet> f({}, reconnecting());
    f.open().close();
    poll(f.io);
    f.next().write("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    poll(f.io);
    CHECK_FALSE(f.ended.done());
    f.next().write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    poll(f.io);
    CHECK(f.ended.failed(wsx::errc::refused));
    CHECK(f.server.accepted() == 3);
  }

  TEST_CASE("the first connection is retried if handle_first_failure is set") {
    for (const bool retried : {false, true}) {
      CAPTURE(retried);
      client_fixture<quiet> f(
          {}, reconnecting(delays_up_to(1s)).set(&wsx::options::handle_first_failure, retried));
      f.server.refuse(asio::error::connection_refused);
      f.client->connect(f.server.url(), f.connected.token());
      poll(f.io);
      CHECK(f.connected.done() != retried);
      f.server.refuse({});
      f.let_pass(1s);
      CHECK(f.server.accepted() == (retried ? 1 : 0));
    }
  }

  TEST_CASE("max_attempts: so many in a row, then the client ends") {
    auto how = delays_up_to(0ms);
    how.max_attempts = 3;
    observing_fixture f(reconnecting(how));
    memory_peer peer = f.open();
    f.server.refuse(asio::error::connection_refused);
    peer.close();
    poll(f.io);
    CHECK(f.seen == attempts{1, 2, 3, 4});
    CHECK(f.ended.failed(asio::error::connection_refused));
  }

  TEST_CASE("max_time: no attempt begins later") {
    auto how = delays_up_to(1s);
    how.max_time = 1min;
    client_fixture<quiet> f({}, reconnecting(how));
    memory_peer peer = f.open();
    f.server.refuse(asio::error::connection_refused);
    peer.close();
    poll(f.io);
    f.let_pass(58s);
    CHECK_FALSE(f.ended.done());
    f.let_pass(2s);
    CHECK(f.ended.failed(asio::error::connection_refused));
  }

  TEST_CASE("max_time counts from the first failure in a row, not from the first of all") {
    auto how = delays_up_to(0ms);
    how.max_time = 1min;
    observing_fixture f(reconnecting(how));
    memory_peer peer = f.open();
    for (int hour = 0; hour < 3; ++hour) {
      f.let_pass(1h);
      peer.close();
      poll(f.io);
      peer = f.next_open();
    }
    CHECK(f.client->is_open());
    CHECK(f.seen == attempts{1, 1, 1});
  }

  TEST_CASE("a server's Retry-After beyond max_time ends the client") {
    auto how = delays_up_to(0ms);
    how.max_time = 1min;
    client_fixture<quiet> f({}, reconnecting(how));
    f.open().close();
    poll(f.io);
    f.next().write("HTTP/1.1 503 Busy\r\nRetry-After: 59\r\nContent-Length: 0\r\n\r\n");
    poll(f.io);
    CHECK_FALSE(f.ended.done());
    f.let_pass(58s);
    CHECK(f.server.accepted() == 2);
    f.let_pass(1s);
    f.next().write("HTTP/1.1 503 Busy\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n");
    poll(f.io);
    CHECK(f.ended.failed(wsx::errc::refused_for_now));
  }

  TEST_CASE("reset_after: a server that accepts and closes at once counts as failing") {
    auto how = delays_up_to(0ms);
    how.max_attempts = 3;
    observing_fixture f(reconnecting(how));
    f.open().close();
    poll(f.io);
    f.accept_and_drop(3);
    CHECK(f.seen == attempts{1, 2, 3, 4});
    CHECK(f.ended.failed(wsx::errc::connection_dropped));
    CHECK(f.server.accepted() == 4);
  }

  TEST_CASE("reset_after: a connection that was open for so long starts the count again") {
    auto how = delays_up_to(0ms);
    how.reset_after = 5s;
    observing_fixture f(reconnecting(how));
    f.open().close();
    poll(f.io);
    memory_peer peer = f.next_open();
    f.let_pass(5s - 1ms);
    peer.close();
    poll(f.io);
    peer = f.next_open();
    f.let_pass(5s);
    peer.close();
    poll(f.io);
    CHECK(f.seen == attempts{1, 2, 1});
  }

  TEST_CASE("delays grow with the failures, and start again with them") {
    wsx::reconnect_options how;
    how.delay = {.initial = 1h, .max = 24h, .factor = 2.0};
    client_fixture<quiet> f({}, reconnecting(how));
    memory_peer peer = f.open();
    f.server.refuse(asio::error::connection_refused);
    peer.close();
    poll(f.io);
    // The delays are drawn from below 1, 2, 4 and 8 hours.
    f.let_pass(15h);
    CHECK(f.server.accepted() == 1);
    f.server.refuse({});
    REQUIRE(f.run_until([&] { return f.server.accepted() == 2; }));
    poll(f.io);
    peer = f.next_open();
    f.let_pass(10s);
    peer.close();
    const auto closed = f.clock->now();
    REQUIRE(f.run_until([&] { return f.server.accepted() == 3; }));
    CHECK(f.clock->now() - closed < 1h);
  }

  TEST_CASE("close ends the pause") {
    client_fixture<quiet> f({}, reconnecting(delays_up_to(24h)));
    f.open().close();
    poll(f.io);
    outcome closed;
    f.client->close(wsx::close_code::normal, "", closed.token());
    poll(f.io);
    CHECK(closed.ok());
    CHECK(f.ended.done());
  }
}
