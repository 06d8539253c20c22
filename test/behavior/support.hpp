#pragma once

#include <wsx/testing/memory_transport.hpp>
#include <wsx/testing/virtual_clock.hpp>
#include <wsx/wsx.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// What the client's tests share: a client and its server in memory, and an event loop that is run
// by hand, so that each test knows what happens when.
namespace client_test {

using wsx::testing::memory_listener;
using wsx::testing::memory_peer;

template <class Handler>
using memory_client = wsx::basic_client<Handler, wsx::testing::memory_transport>;

// No pings between, and deadlines that no slow machine misses.
inline wsx::options calm() {
  wsx::options o;
  o.ping_interval = std::chrono::milliseconds(0);
  o.connect_timeout = o.handshake_timeout = o.close_timeout = std::chrono::minutes(5);
  return o;
}

// For tests that want to see the server cut off.
inline wsx::options impatient() {
  auto o = calm();
  o.close_timeout = std::chrono::milliseconds(2);
  return o;
}

// Runs everything that can run without waiting.
inline void poll(asio::io_context& io) {
  do {
    io.restart();
  } while (io.poll() > 0);
}

// Runs until `done`; gives up after much longer than anything here takes.
template <class Done>
bool run_until(asio::io_context& io, Done done) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!done()) {
    io.restart();
    if (io.run_one_until(give_up) == 0) return done();
  }
  return true;
}

// Runs until nothing is left that could ever run. A client that hangs on to something fails here.
inline bool run_out(asio::io_context& io) {
  io.restart();
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (io.run_one_until(give_up) > 0) {}
  return io.stopped();
}

// What an operation completed with: a completion token that may be called once.
struct outcome {
  int calls = 0;
  std::error_code error{};
  wsx::close_reason reason{};

  bool done() const { return calls > 0; }
  bool ok() const { return calls == 1 && !error; }
  bool failed(std::error_code with) const { return calls == 1 && error == with; }

  auto token() {
    return [this](std::error_code e) {
      ++calls;
      error = e;
    };
  }
  auto join_token() {
    return [this](std::error_code e, wsx::close_reason r) {
      ++calls;
      error = e;
      reason = std::move(r);
    };
  }
};

// For a client whose time is moved by the test.
struct by_hand_t {
  explicit by_hand_t() = default;
};
inline constexpr by_hand_t by_hand{};

// A client, its server and the loop. The client is the first to go.
template <class Handler, class Transport = wsx::testing::memory_transport>
struct world {
  explicit world(Handler handler = Handler(), wsx::options options = calm(),
                 std::string name = "server")
      : server(std::move(name)),
        client(std::in_place, io.get_executor(), std::move(handler), std::move(options)) {}

  // The same for a client that lives by `clock`.
  explicit world(by_hand_t, Handler handler = Handler(), wsx::options options = calm(),
                 std::string name = "server")
      : clock(std::in_place, io),
        server(std::move(name)),
        client(std::in_place, io.get_executor(), std::move(handler), std::move(options)) {}

  // Runs everything that is due in that time, and all that can run then.
  void let_pass(std::chrono::steady_clock::duration time) {
    clock->run_for(io, time);
    poll(io);
  }

  // Connects; the client has written its request then.
  memory_peer dial() {
    client->connect(server.url(), connected.token());
    client->join(ended.join_token());
    poll(io);
    auto peer = server.next();
    REQUIRE(peer);
    return *peer;
  }

  // Connects and answers.
  memory_peer open() {
    memory_peer peer = dial();
    peer.accept();
    poll(io);
    return peer;
  }

  Handler& handler() { return client->handler(); }

  asio::io_context io;
  std::optional<wsx::testing::virtual_clock> clock;
  memory_listener server;
  std::optional<wsx::basic_client<Handler, Transport>> client;
  outcome connected;
  outcome ended;
};

// What the client wrote, in words: `text "hello"`, `close 1000`.
inline std::vector<std::string> frames_of(memory_peer& peer) {
  std::vector<std::string> all;
  while (const auto frame = peer.take_frame()) all.push_back(wsx::testing::describe(*frame));
  return all;
}

using lines = std::vector<std::string>;

// The connection works both ways.
template <class Handler, class Transport>
bool works(world<Handler, Transport>& w, memory_peer& peer) {
  peer.discard_written();
  if (!w.client->try_send(wsx::text{"still"})) return false;
  poll(w.io);
  return frames_of(peer) == lines{"text \"still\""};
}

}  // namespace client_test
