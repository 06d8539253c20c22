#include "../support.hpp"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <functional>
#include <memory>

// Where a handler is destroyed, and when.

namespace {

using namespace client_test;
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
struct mortal {
  asio::io_context io;
  wsx::strand strand{io.get_executor()};
  memory_listener server{"server"};
  int on_strand = 0;
  int elsewhere = 0;
  std::optional<memory_client<handler>> client;
  std::optional<wsx::sender> sender;
  outcome connected;

  mortal() {
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
  std::function<void(mortal&)> reach;
};

const std::vector<state> states{
    {"idle", [](mortal&) {}},
    {"connecting", [](mortal& m) { m.dial(); }},
    {"open", [](mortal& m) { m.open(); }},
    {"in a callback that waits",
     [](mortal& m) {
       m.open();
       m.client->handler().on_frame = [&m] { CHECK(m.lives()); };
       m.client->post(1);
       poll(m.io);
     }},
    {"closing",
     [](mortal& m) {
       m.open();
       m.client->close(wsx::close_code::normal, "", [](std::error_code) {});
       poll(m.io);
     }},
    {"pausing before a reconnect",
     [](mortal& m) {
       m.open().close();
       poll(m.io);
     }},
};

// Ends a client in order.
void end(mortal& m, memory_peer& peer) {
  m.client->close([](std::error_code) {});
  poll(m.io);
  peer.write(close_frame());
  peer.close();
  poll(m.io);
}

}  // namespace

TEST_SUITE("client: the life of its handler") {
  TEST_CASE("destroyed on the strand, in each state, though a sender is left") {
    for (const auto& s : states) {
      CAPTURE(s.name);
      mortal m;
      s.reach(m);
      CHECK(m.lives());
      m.client.reset();
      CHECK(m.lives());
      poll(m.io);
      CHECK(m.on_strand == 1);
      CHECK(m.elsewhere == 0);
      m.sender.reset();
      CHECK(run_out(m.io));
      CHECK(m.on_strand == 1);
      CHECK(m.elsewhere == 0);
    }
  }

  TEST_CASE("of a client that has ended: by its destructor, and not before") {
    mortal m;
    memory_peer peer = m.open();
    end(m, peer);
    CHECK(m.lives());
    m.client.reset();
    CHECK(m.elsewhere == 1);
    CHECK(run_out(m.io));
    CHECK(m.on_strand == 0);
  }

  TEST_CASE("of one that is destroyed in a callback: after that") {
    mortal m;
    memory_peer peer = m.open();
    m.client->handler().on_frame = [&m] {
      m.client.reset();
      CHECK(m.lives());
    };
    peer.write(encode_server_frame(text_frame("a")));
    poll(m.io);
    CHECK(m.on_strand == 1);
    CHECK(m.elsewhere == 0);
  }

  TEST_CASE("of one that was detached: on the strand, when it has ended") {
    mortal m;
    memory_peer peer = m.open();
    m.client->close([](std::error_code) {});
    m.client->detach();
    m.client.reset();
    poll(m.io);
    CHECK(m.lives());
    peer.write(close_frame());
    peer.close();
    poll(m.io);
    CHECK(m.on_strand == 1);
    CHECK(m.elsewhere == 0);
  }

  TEST_CASE("of one that was detached and has ended: by its destructor") {
    mortal m;
    memory_peer peer = m.open();
    m.client->detach();
    end(m, peer);
    CHECK(m.lives());
    m.client.reset();
    CHECK(m.elsewhere == 1);
    CHECK(run_out(m.io));
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
