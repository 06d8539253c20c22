#include "../support.hpp"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <functional>
#include <memory>

// Where a handler is destroyed, and when.

namespace {

using namespace behavior_test;
using namespace wsx::testing;

// What a handler does when it is destroyed, not when it is moved from.
struct life {
  explicit life(std::function<void()> f) : ended(std::move(f)) {}
  ~life() { ended(); }
  life(const life&) = delete;
  life& operator=(const life&) = delete;
  std::function<void()> ended;
};

struct handler {
  std::unique_ptr<life> alive;
  std::function<void()> on_frame{};

  void handle_frame(wsx::text) {
    if (on_frame) on_frame();
  }
  // Waits until the client ends.
  asio::awaitable<void> handle_info(int) {
    asio::steady_timer never(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    std::error_code ignored;
    co_await never.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    on_frame();
  }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) {
    return wsx::reconnect_after(std::chrono::hours(1));
  }
};

// A client on a strand that is known, a sender that outlives it, and how often its handler was
// destroyed, on the strand and elsewhere.
struct fixture {
  asio::io_context io;
  wsx::strand strand{io.get_executor()};
  memory_listener server{"server"};
  int on_strand = 0;
  int elsewhere = 0;
  std::optional<memory_client<handler>> client;
  std::optional<wsx::sender> sender;
  outcome connected;

  fixture() {
    auto count = [this] { ++(strand.running_in_this_thread() ? on_strand : elsewhere); };
    client.emplace(strand, handler{std::make_unique<life>(count)}, calm());
    sender = client->make_sender();
  }

  memory_peer dial() {
    client->connect(server.url(), connected.token());
    poll(io);
    return server.next().value();
  }
  memory_peer open() {
    memory_peer peer = dial();
    peer.accept();
    poll(io);
    REQUIRE(connected.ok());
    return peer;
  }
  bool lives() const { return on_strand + elsewhere == 0; }
};

struct state {
  const char* name;
  std::function<void(fixture&)> reach;
};

const std::vector<state> states{
    {"idle", [](fixture&) {}},
    {"connecting", [](fixture& f) { f.dial(); }},
    {"open", [](fixture& f) { f.open(); }},
    {"in a callback that waits",
     [](fixture& f) {
       f.open();
       f.client->handler().on_frame = [&f] { CHECK(f.lives()); };
       f.client->post(1);
       poll(f.io);
     }},
    {"closing",
     [](fixture& f) {
       f.open();
       f.client->close(wsx::close_code::normal, "", [](std::error_code) {});
       poll(f.io);
     }},
    {"pausing before a reconnect",
     [](fixture& f) {
       f.open().close();
       poll(f.io);
     }},
};

// Ends a client in order.
void end(fixture& f, memory_peer& peer) {
  f.client->close([](std::error_code) {});
  poll(f.io);
  peer.write(close_frame());
  peer.close();
  poll(f.io);
}

}  // namespace

TEST_SUITE("behavior/lifetime/handler_lifetime") {
  TEST_CASE("destroyed on the strand, in each state, though a sender is left") {
    for (const auto& s : states) {
      CAPTURE(s.name);
      fixture f;
      s.reach(f);
      CHECK(f.lives());
      f.client.reset();
      CHECK(f.lives());
      poll(f.io);
      CHECK(f.on_strand == 1);
      CHECK(f.elsewhere == 0);
      f.sender.reset();
      CHECK(run_out(f.io));
      CHECK(f.on_strand == 1);
      CHECK(f.elsewhere == 0);
    }
  }

  TEST_CASE("of a client that has ended: by its destructor, and not before") {
    fixture f;
    memory_peer peer = f.open();
    end(f, peer);
    CHECK(f.lives());
    f.client.reset();
    CHECK(f.elsewhere == 1);
    CHECK(run_out(f.io));
    CHECK(f.on_strand == 0);
  }

  TEST_CASE("of one that is destroyed in a callback: after that") {
    fixture f;
    memory_peer peer = f.open();
    f.client->handler().on_frame = [&f] {
      f.client.reset();
      CHECK(f.lives());
    };
    peer.write(encode_server_frame(text_frame("a")));
    poll(f.io);
    CHECK(f.on_strand == 1);
    CHECK(f.elsewhere == 0);
  }

  TEST_CASE("of one that was detached: on the strand, when it has ended") {
    fixture f;
    memory_peer peer = f.open();
    f.client->close([](std::error_code) {});
    f.client->detach();
    f.client.reset();
    poll(f.io);
    CHECK(f.lives());
    peer.write(close_frame());
    peer.close();
    poll(f.io);
    CHECK(f.on_strand == 1);
    CHECK(f.elsewhere == 0);
  }

  TEST_CASE("of one that was detached and has ended: by its destructor") {
    fixture f;
    memory_peer peer = f.open();
    f.client->detach();
    end(f, peer);
    CHECK(f.lives());
    f.client.reset();
    CHECK(f.elsewhere == 1);
    CHECK(run_out(f.io));
  }

  TEST_CASE("if nobody runs the strand any more: with the execution context") {
    int destroyed = 0;
    auto io = std::make_unique<asio::io_context>();
    {
      memory_client<handler> client(io->get_executor(),
                                    handler{std::make_unique<life>([&] { ++destroyed; })}, calm());
      client.connect("ws://nobody/", [](std::error_code) {});
    }
    CHECK(destroyed == 0);
    io.reset();
    CHECK(destroyed == 1);
  }
}
