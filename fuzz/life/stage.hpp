#pragma once

#include "../input.hpp"
#include "ledger.hpp"
#include "tally.hpp"

#include <wsx/testing/virtual_clock.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace fuzz {

struct sleeper;

/// What a server has said on one connection, and what handlers have heard of it.
struct conversation {
  std::size_t said = 0;   ///< whole messages
  std::size_t heard = 0;  ///< the number of the last
  std::string pieces{};   ///< of the message that is arriving in fragments
  bool in_pieces = false;
  bool garbled = false;  ///< the server has broken the protocol: anything may be heard
  bool spoiled = false;  ///< the client has closed or failed meanwhile: not everything is heard
};

/// What all versions of the handler share with the script that their client follows.
struct stage {
  explicit stage(input i) : in(i) {}

  input in;
  wsx::testing::virtual_clock* clock = nullptr;
  std::vector<sleeper*> sleepers{};  ///< callbacks that wait for the clock
  std::function<void()> destroy_client{};
  std::function<void()> use_client{};              ///< an operation, within a callback
  std::vector<conversation> with{};                ///< by the server's number
  std::map<std::size_t, std::size_t> server_of{};  ///< by the connection's number
  ledger producers{};
  std::size_t replies = 0;
  int casts = 0, casts_heard = 0;
  int generation = 1, generations = 1;  ///< of the handler that is there, and that were made
  int open = 0;                         ///< connections
  bool client_gone = false;
  bool initialized = false;
  bool terminated = false;
  bool suspended = false;
  bool calling = false;  ///< a callback is under way
  bool closes = false;   ///< the owner has closed the client

  /// From now on connections that are open need not give everything out.
  void spoil() {
    for (auto& each : with) each.spoiled = true;
  }

  void hear(std::size_t server, std::string_view message) {
    require(server < with.size());
    auto& said = with[server];
    if (said.garbled) return;
    require(!said.in_pieces);
    const auto read = read_label(message);
    require(read.kind == 'm' && read.who == server && read.number == said.heard + 1);
    ++said.heard;
    require(said.heard <= said.said);
    tally::add("message heard");
  }
};

/// A callback that waits until the clock has come to its time.
struct sleeper {
  sleeper(stage& s, const asio::any_io_executor& executor, std::chrono::milliseconds time)
      : of(s), timer(executor, asio::steady_timer::time_point::max()), due(s.clock->now() + time) {
    of.sleepers.push_back(this);
  }
  ~sleeper() { std::erase(of.sleepers, this); }
  sleeper(const sleeper&) = delete;
  sleeper& operator=(const sleeper&) = delete;

  void wake() {
    awake = true;
    timer.cancel();
  }

  stage& of;
  asio::steady_timer timer;
  std::chrono::steady_clock::time_point due;
  bool awake = false;
};

/// Waits by the clock. What interrupts the callback interrupts this.
inline asio::awaitable<void> sleep_for(stage& s, std::chrono::milliseconds time) {
  const auto executor = co_await asio::this_coro::executor;
  sleeper self(s, executor, time);
  std::error_code error;
  tally::add("callback waits");
  co_await self.timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  if (self.awake) co_return;
  tally::add("callback interrupted");
  throw std::system_error(error);
}

/// That a callback is under way: one at a time, between `init` and `terminate`, of the handler that
/// is there, and none begins while the client is suspended, or once it is gone.
class call {
 public:
  call(stage& s, int generation) : stage_(s) {
    require(!s.calling && !s.client_gone && !s.terminated && !s.suspended);
    require(generation == s.generation);
    s.calling = true;
  }
  ~call() { stage_.calling = false; }
  call(const call&) = delete;
  call& operator=(const call&) = delete;

 private:
  stage& stage_;
};

}  // namespace fuzz
