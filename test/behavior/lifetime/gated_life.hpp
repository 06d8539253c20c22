#pragma once

#include "../support.hpp"

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace behavior_test {

// Logs its callbacks, and waits in those that the test names until the test opens the gate.
struct gated_life {
  lines log{};
  std::string waits_in{};
  std::shared_ptr<asio::steady_timer> gate{};
  int number = 0;
  bool stubborn = false;  // takes no notice of an interruption

  asio::awaitable<void> say(std::string what) {
    log.push_back(what);
    if (what == waits_in) {
      if (stubborn)
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
      std::error_code ignored;
      auto opened = gate->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      co_await std::move(opened);
    }
    if (what == waits_in) log.push_back(what + " ends");
  }

  asio::awaitable<void> init(const wsx::connection_info&) { return say("init"); }
  asio::awaitable<void> handle_connect(const wsx::connection_info&) { return say("connect"); }
  asio::awaitable<void> handle_frame(wsx::text t) { return say(std::string(t.payload)); }
  asio::awaitable<void> handle_cast(int n) { return say("cast " + std::to_string(n)); }
  asio::awaitable<void> handle_info(std::string what) { return say(std::move(what)); }
  asio::awaitable<wsx::disconnect_decision> handle_disconnect(const wsx::disconnect&) {
    auto said = say("disconnect");
    co_await std::move(said);
    co_return waits_in == "stop" ? wsx::stop()
                                 : wsx::reconnect_after(std::chrono::milliseconds(10));
  }
  asio::awaitable<void> terminate(const wsx::close_reason&) { return say("terminate"); }
};

struct gated_fixture : client_fixture<gated_life> {
  explicit gated_fixture(std::string waits_in = {}, wsx::options options = calm())
      : client_fixture<gated_life>({}, std::move(options)) {
    handler().waits_in = std::move(waits_in);
    handler().gate = std::make_shared<asio::steady_timer>(io, std::chrono::hours(1));
  }

  void open_gate() {
    handler().gate->cancel();
    poll(io);
  }

  lines take_log() { return std::exchange(handler().log, {}); }
};

// The same without coroutines.
struct plain_life {
  lines log{};
  int number = 0;
  bool stops = false;

  void init(const wsx::connection_info&) { log.push_back("init"); }
  void handle_connect(const wsx::connection_info&) { log.push_back("connect"); }
  void handle_frame(wsx::text t) { log.emplace_back(t.payload); }
  void handle_cast(int n) { log.push_back("cast " + std::to_string(n)); }
  void handle_info(std::string what) { log.push_back(std::move(what)); }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect&) {
    log.push_back("disconnect");
    return stops ? wsx::stop() : wsx::reconnect_after(std::chrono::milliseconds(10));
  }
  void terminate(const wsx::close_reason&) { log.push_back("terminate"); }
};

inline lines take_log(client_fixture<plain_life>& f) {
  return std::exchange(f.handler().log, {});
}
inline lines take_log(gated_fixture& f) {
  return f.take_log();
}

}  // namespace behavior_test
