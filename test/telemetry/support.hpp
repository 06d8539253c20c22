#pragma once

#include "../behavior/support.hpp"

#include <wsx/testing/server_handshake.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <concepts>
#include <string>
#include <utility>
#include <vector>

// What doctest prints when two logs differ.
template <>
struct doctest::StringMaker<std::vector<std::string>> {
  static String convert(const std::vector<std::string>& all) {
    std::string text;
    for (const auto& each : all) text += "\n    " + each;
    return text.c_str();
  }
};

// What the tests of events, traces and metrics share.
namespace telemetry_test {

using namespace behavior_test;
using namespace wsx::testing;
using namespace std::chrono_literals;

// An event that a trace shows.
template <class Event>
concept traced = requires(const Event& e) {
  { to_string(e) } -> std::same_as<std::string>;
};

// Writes down each event and each callback, in order. Reconnects after a second until the server
// has closed in order.
struct diary {
  lines* log;

  template <traced Event>
  void handle_event(const Event& e) {
    log->push_back(to_string(e));
  }
  void init(const wsx::connection_info&) { log->push_back("(init)"); }
  void handle_connect(const wsx::connection_info&) { log->push_back("(handle_connect)"); }
  wsx::action handle_frame(wsx::text m) {
    log->push_back("(handle_frame " + std::string(m.payload) + ")");
    return m.payload == "answer" ? wsx::reply(wsx::text{"reply"}) : wsx::ok();
  }
  void handle_cast(int number) { log->push_back("(handle_cast " + std::to_string(number) + ")"); }
  wsx::disconnect_decision handle_disconnect(const wsx::disconnect& d) {
    log->push_back("(handle_disconnect)");
    return d.reason.normal() ? wsx::stop() : wsx::reconnect_after(1s);
  }
  void terminate(const wsx::close_reason&) { log->push_back("(terminate)"); }
};

// Takes what has been written down since the last call.
inline lines taken(lines& log) {
  return std::exchange(log, {});
}

inline std::string as_text(wsx::bytes_view bytes) {
  return std::string(wsx::as_chars(bytes));
}

inline wsx::options pinging() {
  auto o = calm();
  o.ping_interval = 10s;
  o.ping_timeout = 5s;
  return o;
}

}  // namespace telemetry_test
