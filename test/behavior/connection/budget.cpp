#include "../support.hpp"

#include <wsx/connect_budget.hpp>

#include <cmath>
#include <memory>
#include <vector>

// A limit on the attempts of many clients: dial_options::budget.

namespace {

using namespace behavior_test;
using namespace std::chrono_literals;

std::shared_ptr<wsx::connect_budget> budget_of(const wsx::connect_budget_options& limits) {
  return std::make_shared<wsx::connect_budget>(limits);
}

wsx::options within(std::shared_ptr<wsx::connect_budget> budget) {
  wsx::reconnect_options how;
  how.delay.initial = 0ms;
  auto options = calm().set(&wsx::options::reconnect, how);
  options.dial.budget = std::move(budget);
  return options;
}

// Clients of one budget, and their server.
struct fleet {
  fleet(std::size_t size, const wsx::connect_budget_options& limits)
      : budget(budget_of(limits)), connected(size) {
    for (std::size_t i = 0; i < size; ++i)
      clients.push_back(
          std::make_unique<memory_client<quiet>>(io.get_executor(), quiet(), within(budget)));
  }

  void connect() {
    for (std::size_t i = 0; i < clients.size(); ++i)
      clients[i]->connect(server.url(), connected[i].token());
    poll(io);
  }
  // Takes what has come to the server; those are accepted only if it is so.
  std::size_t arrivals(bool accept = true) {
    std::size_t count = 0;
    while (auto peer = server.next()) {
      ++count;
      if (accept) peer->accept();
      peers.push_back(*peer);
    }
    poll(io);
    return count;
  }
  void let_pass(std::chrono::steady_clock::duration time) {
    clock.run_for(io, time);
    poll(io);
  }
  std::size_t open() const {
    std::size_t count = 0;
    for (const auto& client : clients) count += client->is_open();
    return count;
  }

  asio::io_context io;
  wsx::testing::virtual_clock clock{io};
  memory_listener server{"server"};
  std::shared_ptr<wsx::connect_budget> budget;
  std::vector<outcome> connected;
  std::vector<memory_peer> peers;
  std::vector<std::unique_ptr<memory_client<quiet>>> clients;
};

}  // namespace

TEST_SUITE("behavior/connection/budget") {
  TEST_CASE("1,000 clients that lose their server come back one by one, and all of them") {
    fleet f(1000, {.per_second = 100});
    f.connect();
    for (int i = 0; i < 999; ++i) {
      CHECK(f.arrivals() == 1);
      f.let_pass(10ms);
    }
    CHECK(f.arrivals() == 1);
    CHECK(f.open() == 1000);
    f.let_pass(1h);
    const auto lost = std::exchange(f.peers, {});
    for (auto peer : lost) peer.close();
    poll(f.io);
    CHECK(f.budget->waiting() == 999);
    for (int second = 0; second < 10; ++second) {
      std::size_t came = 0;
      for (int i = 0; i < 100; ++i) {
        came += f.arrivals();
        f.let_pass(10ms);
      }
      CHECK(came == 100);
    }
    CHECK(f.open() == 1000);
    CHECK(f.budget->waiting() == 0);
    CHECK(f.budget->in_flight() == 0);
  }

  TEST_CASE("attempts at the same time: the next begins when one is open, or has failed") {
    fleet f(5, {.in_flight = 2});
    f.connect();
    constexpr bool accept = true;
    CHECK(f.arrivals(!accept) == 2);
    CHECK(f.arrivals(!accept) == 0);
    CHECK(f.budget->in_flight() == 2);
    CHECK(f.budget->waiting() == 3);
    f.peers[0].accept();
    poll(f.io);
    CHECK(f.arrivals(!accept) == 1);
    f.peers[1].write("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
    poll(f.io);
    CHECK(f.arrivals(!accept) == 1);
    CHECK(f.connected[1].failed(wsx::errc::refused));
    f.peers[2].close();
    poll(f.io);
    CHECK(f.arrivals(!accept) == 1);
    CHECK(f.budget->waiting() == 0);
  }

  TEST_CASE("the deadlines of an attempt begin with its turn, and so does what prepares it") {
    fleet f(2, {.per_second = 0.001});
    int prepared = 0;
    auto options = within(f.budget);
    options.connect_timeout = options.handshake_timeout = 1s;
    options.dial.prepare = [&prepared](wsx::request&, std::size_t) { ++prepared; };
    memory_client<quiet> late(f.io.get_executor(), quiet(), options);
    f.connect();
    outcome connected;
    late.connect(f.server.url(), connected.token());
    poll(f.io);
    f.let_pass(1999s);
    CHECK(prepared == 0);
    CHECK(!connected.done());
    f.let_pass(1s);
    CHECK(prepared == 1);
    CHECK(f.arrivals() == 3);
    CHECK(connected.ok());
  }

  TEST_CASE("closed, canceled or destroyed while it waits: others have its turn") {
    fleet f(5, {.per_second = 1});
    f.connect();
    CHECK(f.arrivals() == 1);
    f.clients[1]->abort();
    poll(f.io);
    CHECK(f.connected[1].failed(wsx::errc::aborted));
    f.clients[2].reset();
    poll(f.io);
    CHECK(f.budget->waiting() == 2);
    f.let_pass(1s);
    CHECK(f.arrivals() == 1);
    CHECK(f.connected[3].ok());
    f.clients[4]->close([](std::error_code) {});
    poll(f.io);
    CHECK(f.budget->waiting() == 0);
    CHECK(f.connected[4].done());
    f.clients.clear();
    CHECK(run_out(f.io));
  }

  TEST_CASE("the execution context of the one that watches the clock ends: another watches") {
    fleet f(2, {.per_second = 1});
    f.connect();
    {
      asio::io_context other;
      wsx::testing::virtual_clock time(other);
      auto options = within(f.budget);
      memory_client<quiet> gone(other.get_executor(), quiet(), options);
      gone.connect(f.server.url(), [](std::error_code) {});
      poll(other);
    }
    CHECK(f.arrivals() == 1);
    CHECK(f.budget->waiting() == 1);
    f.let_pass(1s);
    CHECK(f.arrivals() == 1);
  }

  TEST_CASE("a rate that is none is refused") {
    for (const double rate : {-1.0, std::nan(""), HUGE_VAL}) {
      CHECK_THROWS_AS(budget_of({.per_second = rate}), wsx::system_error);
      CHECK_THROWS_AS(budget_of({.per_host_per_second = rate}), wsx::system_error);
    }
  }
}
