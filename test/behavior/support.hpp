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
#include <string_view>
#include <utility>
#include <vector>

// What the tests of the client's behavior share: a client, its server in memory and a clock, all on
// an event loop that the test runs itself, so that it knows what happens when.
namespace behavior_test {

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

// Whether nothing is left to do before long: a client that polls always finds something.
inline bool settles(asio::io_context& io) {
  for (int i = 0; i < 10'000; ++i) {
    io.restart();
    if (io.poll_one() == 0) return true;
  }
  return false;
}

// Runs until `done`, by the machine's clock; gives up after much longer than anything here takes.
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

// A handler that takes text, and does nothing.
struct quiet {
  void handle_frame(wsx::text) {}
};

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

// For a client that lives by the machine's clock.
struct real_time_t {
  explicit real_time_t() = default;
};
inline constexpr real_time_t real_time{};

// The client under test, its server, and the loop that both run on. The client's time is `clock`'s.
// The client is destroyed first.
template <class Handler, class Transport = wsx::testing::memory_transport>
struct client_fixture {
  explicit client_fixture(Handler handler = Handler(), wsx::options options = calm(),
                          std::string name = "server")
      : clock(std::in_place, io),
        server(std::move(name)),
        client(std::in_place, io.get_executor(), std::move(handler), std::move(options)) {}

  explicit client_fixture(real_time_t, Handler handler = Handler(), wsx::options options = calm())
      : server("server"),
        client(std::in_place, io.get_executor(), std::move(handler), std::move(options)) {}

  // Runs everything that is due in that time, and all that can run then.
  void let_pass(std::chrono::steady_clock::duration time) {
    clock->run_for(io, time);
    poll(io);
  }

  // The thread was busy elsewhere for so long: what can run by now is found together with what is
  // due by now.
  void be_late(std::chrono::steady_clock::duration time) {
    clock->advance(time);
    poll(io);
  }

  // Runs until `done`. While nothing can run, time passes until something is due; false: nothing
  // ever will be.
  template <class Done>
  bool run_until(Done done) {
    while (!done()) {
      io.restart();
      if (io.poll_one() > 0) continue;
      const auto due = clock->next_due();
      if (!due) return done();
      clock->advance(*due - clock->now());
    }
    return true;
  }

  // Connects; the client has written its request then.
  memory_peer dial() {
    client->connect(server.url(), connected.token());
    client->join(ended.join_token());
    poll(io);
    return next();
  }

  // Connects and answers.
  memory_peer open() {
    memory_peer peer = dial();
    peer.accept();
    poll(io);
    return peer;
  }

  // The server's end of the connection that the client has made meanwhile.
  memory_peer next() {
    auto peer = server.next();
    REQUIRE(peer);
    return *peer;
  }

  // Takes that connection, and answers the opening handshake.
  memory_peer next_open() {
    memory_peer peer = next();
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

// The first fragment of a text, and the last.
inline wsx::fragment begins(std::string_view payload) {
  return {wsx::opcode::text, true, false, wsx::as_bytes(payload)};
}
inline wsx::fragment ends(std::string_view payload) {
  return {wsx::opcode::text, false, true, wsx::as_bytes(payload)};
}

// What the client wrote, in words: `text "hello"`, `close 1000`.
inline std::vector<std::string> frames_of(memory_peer& peer) {
  std::vector<std::string> all;
  while (const auto frame = peer.take_frame()) all.push_back(wsx::testing::describe(*frame));
  return all;
}

using lines = std::vector<std::string>;

// The connection works both ways.
template <class Handler, class Transport>
bool works(client_fixture<Handler, Transport>& f, memory_peer& peer) {
  peer.discard_written();
  if (!f.client->try_send(wsx::text{"still"})) return false;
  poll(f.io);
  return frames_of(peer) == lines{"text \"still\""};
}

}  // namespace behavior_test
