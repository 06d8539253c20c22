#include "../support.hpp"

#include <asio/detached.hpp>

#include <csignal>
#include <memory>

// Casts and posts: messages from anywhere to the handler, in order, while connected.

namespace {

using namespace behavior_test;
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

TEST_SUITE("behavior/callbacks/casts_and_posts") {
  TEST_CASE("in order, also those from before the connection") {
    lines seen;
    client_fixture<listener> f({&seen});
    CHECK(f.client->cast(order{1}));
    CHECK(f.client->post(order{2}));
    poll(f.io);
    memory_peer peer = f.dial();
    CHECK(f.client->cast(order{3}));
    poll(f.io);
    CHECK(seen.empty());
    peer.accept();
    poll(f.io);
    CHECK(f.client->cast(std::make_unique<int>(4)));
    poll(f.io);
    CHECK(seen == lines{"cast 1", "info 2", "cast 3", "moved 4"});
  }

  TEST_CASE("in the pause before a reconnect they wait") {
    lines seen;
    client_fixture<listener> f({&seen});
    f.open().close();
    poll(f.io);
    CHECK(f.client->cast(order{1}));
    poll(f.io);
    CHECK(seen.empty());
    REQUIRE(f.run_until([&] { return f.server.accepted() == 2; }));
    poll(f.io);
    f.server.next()->accept();
    poll(f.io);
    CHECK(seen == lines{"cast 1"});
  }

  TEST_CASE("no more than the mailbox holds") {
    lines seen;
    auto options = calm();
    options.mailbox_size = 3;
    client_fixture<listener> f({&seen}, options);
    for (int i = 0; i < 5; ++i) CHECK(f.client->cast(order{i}) == (i < 3));
    f.open();
    CHECK(seen == lines{"cast 0", "cast 1", "cast 2"});
    CHECK(f.client->cast(order{3}));
  }

  TEST_CASE(
      "what was not delivered is destroyed with the client, and after the end none is taken") {
    int alive = 0;
    {
      client_fixture<takes_counted> f;
      f.client->cast(counted(&alive));
      f.client->cast(counted(&alive));
      CHECK(alive == 2);
      memory_peer peer = f.dial();
      f.client->abort();
      poll(f.io);
      CHECK(alive == 0);
      CHECK(!f.client->cast(counted(&alive)));
      CHECK(alive == 0);
    }
    {
      client_fixture<takes_counted> f;
      f.client->cast(counted(&alive));
    }
    CHECK(alive == 0);
  }

  TEST_CASE("a handler that posts to itself without end still hears the server") {
    client_fixture<restless> f;
    f.clock->advance_per_look(std::chrono::microseconds(1));
    f.client->connect(f.server.url(), f.connected.token());
    poll(f.io);
    memory_peer peer = f.server.next().value();
    peer.accept();
    const auto step = [&] {
      f.io.restart();
      return f.io.poll_one() > 0;
    };
    while (f.handler().rounds < 5000) REQUIRE(step());
    peer.write(text_frame("enough"));
    for (int i = 0; i < 1000 && !f.handler().heard; ++i) step();
    CHECK(f.handler().heard);
  }

  TEST_CASE("post_after, and taking it back") {
    lines seen;
    client_fixture<listener> f({&seen});
    f.open();
    auto canceled = f.client->post_after(std::chrono::milliseconds(1), order{1});
    f.client->post_after(std::chrono::milliseconds(2), order{2});
    canceled.cancel();
    canceled.cancel();
    REQUIRE(f.run_until([&] { return !seen.empty(); }));
    CHECK(seen == lines{"info 2"});
    wsx::timer none;
    none.cancel();
  }

  TEST_CASE("post_after within a callback, and taking it back") {
    lines seen;
    client_fixture<later> f({&seen});
    f.open();
    REQUIRE(f.run_until([&] { return !seen.empty(); }));
    CHECK(seen == lines{"info 2"});
  }

  TEST_CASE("a timer that is due before the connection is open waits for it") {
    lines seen;
    client_fixture<listener> f({&seen});
    f.client->post_after(std::chrono::milliseconds(0), order{1});
    poll(f.io);
    f.open();
    REQUIRE(f.run_until([&] { return !seen.empty(); }));
    CHECK(seen == lines{"info 1"});
  }

  TEST_CASE("a timer that outlives its client") {
    lines seen;
    wsx::timer timer;
    client_fixture<listener> f({&seen});
    timer = f.client->post_after(std::chrono::hours(1), order{1});
    f.client.reset();
    CHECK(run_out(f.io));
    timer.cancel();
  }

  TEST_CASE("signals") {
    lines seen;
    client_fixture<listener> f({&seen});
    f.client->watch_signal(SIGUSR1);
    f.open();
    for (std::size_t i = 1; i <= 2; ++i) {
      std::raise(SIGUSR1);
      REQUIRE(f.run_until([&] { return seen.size() == i; }));
    }
    CHECK(seen[1] == "signal " + std::to_string(SIGUSR1));
    CHECK_THROWS_AS(f.client->watch_signal(SIGKILL), std::system_error);
  }

  TEST_CASE("a monitor hears of the other client's end") {
    lines seen;
    client_fixture<listener> f({&seen});
    f.open();
    memory_listener other_server{"other"};
    std::optional<memory_client<listener>> other(std::in_place, f.io.get_executor(),
                                                 listener{nullptr}, calm());
    const auto first = f.client->monitor(*other);
    other->connect(other_server.url(), asio::detached);
    poll(f.io);
    other_server.next()->accept();
    poll(f.io);
    CHECK(seen.empty());
    SUBCASE("badly") {
      other->abort();
      poll(f.io);
      CHECK(seen == lines{"down " + std::to_string(first) + " badly"});
      // Too late is not too late.
      const auto second = f.client->monitor(*other);
      CHECK(second != first);
      poll(f.io);
      CHECK(seen.back() == "down " + std::to_string(second) + " badly");
    }
    SUBCASE("destroyed") {
      other.reset();
      poll(f.io);
      CHECK(seen == lines{"down " + std::to_string(first) + " badly"});
    }
    SUBCASE("when the one that monitors is gone") {
      f.client.reset();
      other.reset();
      CHECK(run_out(f.io));
      CHECK(seen.empty());
    }
  }

  TEST_CASE("a post that nobody takes is logged") {
    lines seen;
    logged().clear();
    wsx::set_log_sink([](std::string_view line) { logged().emplace_back(line); });
    client_fixture<listener> f({&seen});
    f.open();
    f.client->post(unknown{});
    poll(f.io);
    REQUIRE(logged().size() == 1);
    CHECK(logged()[0].find("unknown") != std::string::npos);
    CHECK(logged()[0].find("handle_info") != std::string::npos);
    // Silence, on request.
    wsx::set_log_sink(nullptr);
    f.client->post(unknown{});
    poll(f.io);
    CHECK(logged().size() == 1);
    CHECK(f.client->is_open());
  }
}
