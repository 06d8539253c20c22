#pragma once

#include "support.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

// What the tests share that interrupt a client which connects.
namespace loopback_test {

enum class interruption { cancel, abort, destroy };

inline const std::vector<interruption> interruptions{interruption::cancel, interruption::abort,
                                                     interruption::destroy};

inline std::error_code error_of(interruption how) {
  if (how == interruption::cancel) return asio::error::operation_aborted;
  return wsx::errc::aborted;
}

// The client's own deadlines don't help.
inline wsx::options patient() {
  auto o = calm();
  o.connect_timeout = o.handshake_timeout = std::chrono::minutes(10);
  return o;
}

inline wsx::options patient_trusting(const wsx::testing::certificate& ca) {
  auto o = patient();
  o.tls.ca_pem = ca.certificate_pem;
  return o;
}

inline auto noted_in(std::vector<std::error_code>& results) {
  return [&results](std::error_code error) { results.push_back(error); };
}

// A client that connects on a loop which is run by hand.
struct attempt {
  explicit attempt(std::string url, const wsx::options& options = patient())
      : client(std::in_place, io.get_executor(), recorder(), options) {
    client->connect(std::move(url), asio::bind_cancellation_slot(signal.slot(), noted_in(results)));
  }

  bool done() const { return !results.empty(); }

  // Runs the next thing, and waits for it if need be.
  void step() {
    io.restart();
    io.run_one_for(std::chrono::seconds(60));
  }

  template <class Condition>
  void run_until(Condition met) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!met() && std::chrono::steady_clock::now() < give_up) {
      io.restart();
      io.run_one_for(std::chrono::milliseconds(20));
    }
    REQUIRE(met());
  }

  void interrupt(interruption how) {
    if (how == interruption::cancel) signal.emit(asio::cancellation_type::terminal);
    if (how == interruption::abort) client->abort();
    if (how == interruption::destroy) client.reset();
  }

  // The attempt is over; what is left ends with the client.
  void finish() {
    run_until([&] { return done(); });
    client.reset();
    io.restart();
    io.run_for(std::chrono::seconds(60));
    CHECK(io.stopped());
    CHECK(results.size() == 1);
  }

  asio::io_context io;
  std::optional<wsx::client<recorder>> client;
  asio::cancellation_signal signal;
  std::vector<std::error_code> results;
};

// A client whose connecting was canceled may connect again.
inline void check_usable(attempt& a) {
  using namespace wsx::testing;
  scripted_server server{[](server_connection& client) {
    client.accept_and_send({close_frame(1000)});
    client.wait_eof();
  }};
  std::vector<std::error_code> connected;
  a.client->connect(server.url(), noted_in(connected));
  a.run_until([&] { return !connected.empty(); });
  CHECK(connected == std::vector{std::error_code()});
}

// Interrupted in each way once the server says, by counting, that it has come so far: it will not
// say more.
inline void interrupt_all(const std::string& url, const wsx::options& options,
                          const std::atomic<int>& reached) {
  for (const auto how : interruptions) {
    const int before = reached;
    CAPTURE(static_cast<int>(how));
    attempt a(url, options);
    a.run_until([&] { return reached > before; });
    REQUIRE(!a.done());
    a.interrupt(how);
    a.run_until([&] { return a.done(); });
    CHECK(a.results.front() == error_of(how));
    if (how == interruption::cancel) check_usable(a);
    a.finish();
  }
}

// After each of the steps that connecting takes, resolving the name among them, until it is too
// late. Says how often it was not.
inline int interrupt_each_step(interruption how, const std::string& url,
                               const wsx::options& options) {
  int in_time = 0;
  for (int steps = 0;; ++steps) {
    CAPTURE(steps);
    attempt a(url, options);
    for (int i = 0; i < steps && !a.done(); ++i) a.step();
    const bool late = a.done();
    a.interrupt(how);
    a.finish();
    const auto error = a.results.front();
    CHECK((!error || error == error_of(how)));
    if (error) ++in_time;
    if (!late) continue;
    CHECK(!error);
    return in_time;
  }
}

}  // namespace loopback_test
