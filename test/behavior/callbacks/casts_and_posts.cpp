#include "../support.hpp"

#include <asio/detached.hpp>

#include <csignal>
#include <memory>

// Casts and posts: messages from anywhere to the handler, in order, while connected.

namespace {

using namespace client_test;
using namespace wsx::testing;

struct order {
  int number;
};

struct unknown {};

struct listener {
  lines* seen;
  void handle_frame(wsx::text t) { seen->push_back("text " + std::string(t.payload)); }
  void handle_cast(order o) { seen->push_back("cast " + std::to_string(o.number)); }
  void handle_cast(std::unique_ptr<int> p) { seen->push_back("moved " + std::to_string(*p)); }
  void handle_info(order o) { seen->push_back("info " + std::to_string(o.number)); }
  void handle_info(wsx::signal s) { seen->push_back("signal " + std::to_string(s.number)); }
  void handle_info(wsx::down d) {
    seen->push_back("down " + std::to_string(d.monitor) + (d.error ? " badly" : " well"));
  }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) {
    return wsx::reconnect_after(std::chrono::milliseconds(1));
  }
};

// Says how many of it there are.
struct counted {
  explicit counted(int* alive) : alive_(alive) { ++*alive_; }
  counted(counted&& other) noexcept : alive_(std::exchange(other.alive_, nullptr)) {}
  counted& operator=(counted&&) = delete;
  ~counted() {
    if (alive_ != nullptr) --*alive_;
  }

 private:
  int* alive_;
};

struct takes_counted {
  void handle_frame(wsx::text) {}
  void handle_cast(counted) {}
};

// Keeps itself busy for ever.
struct restless {
  int rounds = 0;
  bool heard = false;
  void handle_connect(const wsx::connection_info&, wsx::session& s) { s.post(*this, 1); }
  void handle_info(int, wsx::session& s) {
    ++rounds;
    if (!heard) s.post(*this, 1);
  }
  void handle_frame(wsx::text) { heard = true; }
};

struct later {
  lines* seen;
  void handle_connect(const wsx::connection_info&, wsx::session& s) {
    s.post_after(*this, std::chrono::milliseconds(2), order{2});
    auto never = s.post_after(*this, std::chrono::milliseconds(1), order{1});
    never.cancel();
  }
  void handle_info(order o) { seen->push_back("info " + std::to_string(o.number)); }
  void handle_frame(wsx::text) {}
};

lines& logged() {
  static lines all;
  return all;
}

}  // namespace

TEST_SUITE("client: casts and posts") {
  TEST_CASE("in order, also those from before the connection") {
    lines seen;
    world<listener> w({&seen});
    CHECK(w.client->cast(order{1}));
    CHECK(w.client->post(order{2}));
    poll(w.io);
    memory_peer peer = w.dial();
    CHECK(w.client->cast(order{3}));
    poll(w.io);
    CHECK(seen.empty());
    peer.accept();
    poll(w.io);
    CHECK(w.client->cast(std::make_unique<int>(4)));
    poll(w.io);
    CHECK(seen == lines{"cast 1", "info 2", "cast 3", "moved 4"});
  }

  TEST_CASE("in the pause before a reconnect they wait") {
    lines seen;
    world<listener> w({&seen});
    w.open().close();
    poll(w.io);
    CHECK(w.client->cast(order{1}));
    poll(w.io);
    CHECK(seen.empty());
    REQUIRE(run_until(w.io, [&] { return w.server.accepted() == 2; }));
    poll(w.io);
    w.server.next()->accept();
    poll(w.io);
    CHECK(seen == lines{"cast 1"});
  }

  TEST_CASE("no more than the mailbox holds") {
    lines seen;
    auto options = calm();
    options.mailbox_size = 3;
    world<listener> w({&seen}, options);
    for (int i = 0; i < 5; ++i) CHECK(w.client->cast(order{i}) == (i < 3));
    w.open();
    CHECK(seen == lines{"cast 0", "cast 1", "cast 2"});
    CHECK(w.client->cast(order{3}));
  }

  TEST_CASE(
      "what was not delivered is destroyed with the client, and after the end none is taken") {
    int alive = 0;
    {
      world<takes_counted> w;
      w.client->cast(counted(&alive));
      w.client->cast(counted(&alive));
      CHECK(alive == 2);
      memory_peer peer = w.dial();
      w.client->abort();
      poll(w.io);
      CHECK(alive == 0);
      CHECK(!w.client->cast(counted(&alive)));
      CHECK(alive == 0);
    }
    {
      world<takes_counted> w;
      w.client->cast(counted(&alive));
    }
    CHECK(alive == 0);
  }

  TEST_CASE("a handler that posts to itself without end still hears the server") {
    world<restless> w;
    w.client->connect(w.server.url(), w.connected.token());
    poll(w.io);
    memory_peer peer = w.server.next().value();
    peer.accept();
    const auto step = [&] {
      w.io.restart();
      return w.io.poll_one() > 0;
    };
    while (w.handler().rounds < 5000) REQUIRE(step());
    peer.write(text_frame("enough"));
    for (int i = 0; i < 1000 && !w.handler().heard; ++i) step();
    CHECK(w.handler().heard);
  }

  TEST_CASE("post_after, and taking it back") {
    lines seen;
    world<listener> w({&seen});
    w.open();
    auto canceled = w.client->post_after(std::chrono::milliseconds(1), order{1});
    w.client->post_after(std::chrono::milliseconds(2), order{2});
    canceled.cancel();
    canceled.cancel();
    REQUIRE(run_until(w.io, [&] { return !seen.empty(); }));
    CHECK(seen == lines{"info 2"});
    wsx::timer none;
    none.cancel();
  }

  TEST_CASE("the same from within a callback") {
    lines seen;
    world<later> w({&seen});
    w.open();
    REQUIRE(run_until(w.io, [&] { return !seen.empty(); }));
    CHECK(seen == lines{"info 2"});
  }

  TEST_CASE("a timer that is due before the connection is open waits for it") {
    lines seen;
    world<listener> w({&seen});
    w.client->post_after(std::chrono::milliseconds(0), order{1});
    poll(w.io);
    w.open();
    REQUIRE(run_until(w.io, [&] { return !seen.empty(); }));
    CHECK(seen == lines{"info 1"});
  }

  TEST_CASE("a timer that outlives its client") {
    lines seen;
    wsx::timer timer;
    world<listener> w({&seen});
    timer = w.client->post_after(std::chrono::hours(1), order{1});
    w.client.reset();
    CHECK(run_out(w.io));
    timer.cancel();
  }

  TEST_CASE("signals") {
    lines seen;
    world<listener> w({&seen});
    w.client->watch_signal(SIGUSR1);
    w.open();
    for (std::size_t i = 1; i <= 2; ++i) {
      std::raise(SIGUSR1);
      REQUIRE(run_until(w.io, [&] { return seen.size() == i; }));
    }
    CHECK(seen[1] == "signal " + std::to_string(SIGUSR1));
    CHECK_THROWS_AS(w.client->watch_signal(SIGKILL), std::system_error);
  }

  TEST_CASE("a monitor hears of the other client's end") {
    lines seen;
    world<listener> w({&seen});
    w.open();
    memory_listener other_server{"other"};
    std::optional<memory_client<listener>> other(std::in_place, w.io.get_executor(),
                                                 listener{nullptr}, calm());
    const auto first = w.client->monitor(*other);
    other->connect(other_server.url(), asio::detached);
    poll(w.io);
    other_server.next()->accept();
    poll(w.io);
    CHECK(seen.empty());
    SUBCASE("badly") {
      other->abort();
      poll(w.io);
      CHECK(seen == lines{"down " + std::to_string(first) + " badly"});
      // Too late is not too late.
      const auto second = w.client->monitor(*other);
      CHECK(second != first);
      poll(w.io);
      CHECK(seen.back() == "down " + std::to_string(second) + " badly");
    }
    SUBCASE("destroyed") {
      other.reset();
      poll(w.io);
      CHECK(seen == lines{"down " + std::to_string(first) + " badly"});
    }
    SUBCASE("when the one that monitors is gone") {
      w.client.reset();
      other.reset();
      CHECK(run_out(w.io));
      CHECK(seen.empty());
    }
  }

  TEST_CASE("a post that nobody takes is logged") {
    lines seen;
    logged().clear();
    wsx::set_log_sink([](std::string_view line) { logged().emplace_back(line); });
    world<listener> w({&seen});
    w.open();
    w.client->post(unknown{});
    poll(w.io);
    REQUIRE(logged().size() == 1);
    CHECK(logged()[0].find("unknown") != std::string::npos);
    CHECK(logged()[0].find("handle_info") != std::string::npos);
    // Silence, on request.
    wsx::set_log_sink(nullptr);
    w.client->post(unknown{});
    poll(w.io);
    CHECK(logged().size() == 1);
    CHECK(w.client->is_open());
  }
}
