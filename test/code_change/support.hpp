#pragma once

#include "../behavior/support.hpp"

#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

// What the tests of changes of the handler share: counters of two versions, and how they replace
// each other.
namespace code_change_test {

using namespace behavior_test;
using namespace wsx::testing;
using wsx::errc;

using any_client = client_fixture<wsx::any_handler>;

inline std::string say(std::string_view version, std::string_view what, int number) {
  return std::string(version) + ": " + std::string(what) + ", number " + std::to_string(number);
}

struct counter_v2;

struct counter_v1 {
  static constexpr std::string_view version = "1";

  lines* log;
  int count = 0;

  static counter_v1 code_change(const wsx::old_version& from, const counter_v2& old);

  void handle_frame(wsx::text t) { log->push_back(say(version, t.payload, ++count)); }
};

struct counter_v2 {
  static constexpr std::string_view version = "2";

  lines* log;
  int count = 0;
  int step = 1;

  static counter_v2 code_change(const wsx::old_version& from, const counter_v1& old) {
    old.log->push_back("from " + std::string(from.version) + (from.down ? " down" : " up"));
    return {old.log, old.count};
  }
  static counter_v2 code_change(const wsx::old_version&, const counter_v1& old, int step) {
    if (step < 0) throw std::invalid_argument("a step back");
    if (step == 0) throw std::system_error(std::make_error_code(std::errc::invalid_argument));
    return {old.log, old.count, step};
  }

  void handle_frame(wsx::text t) { log->push_back(say(version, t.payload, count += step)); }
};

inline counter_v1 counter_v1::code_change(const wsx::old_version& from, const counter_v2& old) {
  old.log->push_back("from " + std::string(from.version) + (from.down ? " down" : " up"));
  return {old.log, old.count};
}

// Asks for a change.
template <class New, class... Old, class Extra = std::monostate>
void ask(any_client& f, outcome& changed, Extra extra = {}) {
  f.client->code_change<New, Old...>(std::move(extra), changed.token());
}

// Changes the handler, and returns how that went.
template <class New, class... Old, class Extra = std::monostate>
std::error_code change(any_client& f, Extra extra = {}) {
  outcome changed;
  ask<New, Old...>(f, changed, std::move(extra));
  poll(f.io);
  REQUIRE(changed.done());
  return changed.error;
}

inline void send(any_client& f, memory_peer& peer, std::string_view text) {
  peer.write(text_frame(text));
  poll(f.io);
}

}  // namespace code_change_test
