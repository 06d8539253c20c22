#include "../support.hpp"

#include <wsx/ostream.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <stdexcept>

// What `status` says about a client.

namespace {

using namespace behavior_test;
using namespace wsx::testing;
using std::chrono::seconds;
using wsx::client_phase;

template <class Fixture>
wsx::client_status status_of(Fixture& f) {
  std::optional<wsx::client_status> status;
  f.client->status([&](wsx::client_status now) { status = std::move(now); });
  poll(f.io);
  REQUIRE(status);
  return std::move(*status);
}

struct feed {
  int orders = 0;
  std::string account{"secret"};

  void handle_frame(wsx::text) { ++orders; }
  void handle_cast(int) {}
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) {
    return wsx::reconnect_after(seconds(10));
  }
  std::string format_status() const { return std::to_string(orders) + " orders, account ***"; }
};

struct broken {
  void handle_frame(wsx::text) {}
  std::string format_status() const { throw std::runtime_error("out of\norder"); }
};

struct waits {
  asio::any_io_executor executor;
  void handle_frame(wsx::text) {}
  asio::awaitable<void> handle_cast(int) {
    asio::steady_timer forever(executor, seconds(1'000'000));
    co_await forever.async_wait(asio::use_awaitable);
  }
  std::string format_status() const { return "waits"; }
};

}  // namespace

TEST_SUITE("behavior/lifetime/status") {
  TEST_CASE("each phase, and how long it has lasted") {
    client_fixture<feed> f;
    auto now = status_of(f);
    CHECK(now.phase == client_phase::idle);
    CHECK(now.since == seconds(0));
    CHECK(now.url.empty());
    CHECK(!now.last_end);

    memory_peer peer = f.dial();
    f.let_pass(seconds(2));
    now = status_of(f);
    CHECK(now.phase == client_phase::connecting);
    CHECK(now.since == seconds(2));
    CHECK(now.attempt == 1);
    CHECK(!now.connection);

    peer.accept();
    f.let_pass(seconds(3));
    now = status_of(f);
    CHECK(now.phase == client_phase::open);
    CHECK(now.since == seconds(3));
    CHECK(now.attempt == 0);
    REQUIRE(now.connection);
    CHECK(now.connection->status == 101);
    CHECK(!now.tls);
    CHECK(!now.last_end);

    peer.close();
    poll(f.io);
    f.let_pass(seconds(4));
    now = status_of(f);
    CHECK(now.phase == client_phase::pausing);
    CHECK(now.since == seconds(4));
    CHECK(!now.connection);
    REQUIRE(now.last_end);
    CHECK(now.last_end->error == wsx::errc::connection_dropped);

    f.let_pass(seconds(6));
    memory_peer second = f.next_open();
    CHECK(!status_of(f).last_end);
    outcome closed;
    f.client->close(closed.token());
    poll(f.io);
    CHECK(status_of(f).phase == client_phase::closing);
    second.write(close_frame());
    second.close();
    poll(f.io);
    REQUIRE(closed.done());
    now = status_of(f);
    CHECK(now.phase == client_phase::ended);
    CHECK(now.since == seconds(0));
    REQUIRE(now.last_end);
    CHECK(now.last_end->origin == wsx::close_origin::local);
    CHECK(now.stats.connects == 2);
  }

  TEST_CASE("the attempts that have failed in a row") {
    client_fixture<feed> f({}, calm().set(&wsx::options::handle_first_failure, true));
    f.dial().close();
    poll(f.io);
    CHECK(status_of(f).phase == client_phase::pausing);
    CHECK(status_of(f).attempt == 1);
    f.let_pass(seconds(10));
    CHECK(status_of(f).phase == client_phase::connecting);
    CHECK(status_of(f).attempt == 2);
    f.next_open();
    CHECK(status_of(f).attempt == 0);
    CHECK(status_of(f).connection->attempt == 2);
  }

  TEST_CASE("what waits: mail, queued frames, replies") {
    client_fixture<feed> f;
    f.client->cast(1);
    f.client->cast(2);
    CHECK(status_of(f).mailbox == 2);
    memory_peer peer = f.open();
    auto now = status_of(f);
    CHECK(now.mailbox == 0);
    CHECK(now.senders == 0);
    peer.allow_write(0);
    f.client->try_send(wsx::text{"0123456789"});
    auto other = f.client->make_sender();
    other.try_send(wsx::text{"0123456789"});
    poll(f.io);
    now = status_of(f);
    CHECK(now.senders == 2);
    CHECK(now.queued_bytes >= 20);
    CHECK(now.reply_bytes == 0);
    peer.allow_write(memory_peer::unlimited / 2);
    poll(f.io);
    CHECK(status_of(f).queued_bytes == 0);
  }

  TEST_CASE("the handler says what it likes about itself") {
    client_fixture<feed> f;
    memory_peer peer = f.open();
    peer.write(text_frame("order"));
    poll(f.io);
    CHECK(status_of(f).handler == "1 orders, account ***");
    client_fixture<quiet> without({}, calm(), "other");
    CHECK(status_of(without).handler.empty());
  }

  TEST_CASE("a format_status that throws does no harm") {
    client_fixture<broken> f;
    memory_peer peer = f.open();
    const auto now = status_of(f);
    CHECK(now.handler == "format_status threw: out of\norder");
    CHECK(to_string(now).find("out of\\norder") != std::string::npos);
    CHECK(works(f, peer));
  }

  TEST_CASE("a callback that waits does not delay it") {
    client_fixture<waits> f(waits{});
    f.handler().executor = f.io.get_executor();
    memory_peer peer = f.open();
    f.client->cast(1);
    poll(f.io);
    CHECK(status_of(f).handler == "waits");
    CHECK(status_of(f).phase == client_phase::open);
  }

  TEST_CASE("the awaitable, and a client that is gone meanwhile") {
    client_fixture<feed> f;
    memory_peer peer = f.open();
    std::optional<wsx::client_status> status;
    auto ask = [](wsx::client_base& client,
                  std::optional<wsx::client_status>& to) -> asio::awaitable<void> {
      to = co_await client.status();
    };
    asio::co_spawn(f.io, ask(*f.client, status), asio::detached);
    f.client.reset();
    poll(f.io);
    REQUIRE(status);
    CHECK(status->handler.empty());
  }

  TEST_CASE("no secrets in the URL, and none in the texts") {
    client_fixture<feed> f;
    wsx::request target("ws://server/feed?token=abc&x=1");
    target.header("Authorization", "Bearer abc");
    f.client->connect(target, f.connected.token());
    poll(f.io);
    memory_peer peer = f.next_open();
    const auto now = status_of(f);
    CHECK(now.url == "ws://server/feed?token=***&x=***");
    for (const auto& shown : {to_string(now), to_json(now)}) {
      CAPTURE(shown);
      CHECK(shown.find("abc") == std::string::npos);
    }
  }
}
