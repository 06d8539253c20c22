#pragma once

#include "../behavior/support.hpp"

#include <wsx/testing/server_handshake.hpp>

#include <exception>
#include <functional>
#include <map>
#include <set>
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

// What the tests of supervisors share: children that are clients of one server in memory, by whose
// requests it knows their names, and a log of what happens to them.
namespace supervision_test {

using namespace behavior_test;
using namespace std::chrono_literals;
using wsx::child_spec;
using wsx::errc;
using wsx::restart_type;

struct note {
  std::string words;
};

struct worker {
  std::string name;
  lines* log;
  int notes = 0;

  void handle_frame(wsx::text) {}
  void handle_cast(const note& n) {
    log->push_back(name + " got " + n.words + ", note " + std::to_string(++notes));
  }
  void handle_info(int number) { log->push_back(name + " got " + std::to_string(number)); }
  void terminate(const wsx::close_reason&) { log->push_back("terminate " + name); }
};

// What supervisors reported since the last `supervisor_fixture` was made.
inline lines& reports() {
  static lines all;
  return all;
}

inline wsx::supervisor_options flags(wsx::restart_strategy strategy, std::uint32_t intensity = 1) {
  wsx::supervisor_options o;
  o.strategy = strategy;
  o.intensity = intensity;
  return o;
}

inline wsx::supervisor_options one_for_one(std::uint32_t intensity = 1) {
  return flags(wsx::restart_strategy::one_for_one, intensity);
}
inline wsx::supervisor_options one_for_all(std::uint32_t intensity = 1) {
  return flags(wsx::restart_strategy::one_for_all, intensity);
}
inline wsx::supervisor_options rest_for_one(std::uint32_t intensity = 1) {
  return flags(wsx::restart_strategy::rest_for_one, intensity);
}

inline constexpr int always = 1'000'000;

// A supervisor, the server of its children, and the loop. The supervisor is the first to go.
struct supervisor_fixture {
  supervisor_fixture() {
    reports().clear();
    wsx::set_log_sink([](std::string_view line) { reports().emplace_back(line); });
  }

  // A client that has its name in its request.
  wsx::child make(const std::string& name) {
    return {memory_client<worker>(io, worker{name, &log}, calm()), server.url("/" + name)};
  }
  std::function<wsx::child()> maker(std::string name) {
    return [this, name = std::move(name)] { return make(name); };
  }
  template <class... How>
  child_spec spec(const std::string& name, How... how) {
    return child_spec(name, maker(name), how...);
  }
  child_spec temporary(const std::string& name) { return spec(name, restart_type::temporary); }
  child_spec transient(const std::string& name) { return spec(name, restart_type::transient); }

  void begin(const wsx::supervisor_options& options, std::vector<child_spec> children) {
    tree.emplace(io, options, std::move(children));
    tree->start(started.token());
    tree->join(joined.token());
    settle();
  }
  void begin(std::vector<child_spec> children) { begin(one_for_one(), std::move(children)); }

  // Lets everything happen that can, the server's part included.
  void settle() {
    do poll(io);
    while (serve());
  }
  void let_pass(std::chrono::steady_clock::duration time) {
    clock.run_for(io, time);
    settle();
  }

  // Does the server's part. Returns whether there was any.
  bool serve() {
    while (auto peer = server.next()) silent_.push_back(*peer);
    bool any = std::erase_if(silent_, [this](memory_peer& peer) { return greet(peer); }) > 0;
    for (auto& [name, peer] : peers) any |= answer(name, peer);
    return any;
  }
  // Some of what can happen.
  void do_some() {
    for (int turns = 0; turns < 1000; ++turns) {
      io.restart();
      io.poll_one();
      serve();
    }
  }
  // Returns false after much longer than anything here takes.
  bool do_until(const std::function<bool()>& done) {
    for (int rounds = 0; rounds < 100 && !done(); ++rounds) do_some();
    return done();
  }

  // How the server ends a connection: without a Close frame, or in order.
  void crash(const std::string& name) {
    peer_of(name).close();
    settle();
  }
  void end(const std::string& name) {
    auto peer = peer_of(name);
    peer.write(wsx::testing::close_frame(1000));
    peer.close();
    settle();
  }

  template <class Ask>
  std::error_code ask(Ask start) {
    outcome o;
    start(o.token());
    settle();
    REQUIRE(o.done());
    return o.error;
  }
  std::error_code start_child(child_spec s) {
    return ask([&](auto token) { tree->start_child(std::move(s), token); });
  }
  std::error_code terminate_child(const std::string& name) {
    return ask([&](auto token) { tree->terminate_child(name, token); });
  }
  std::error_code restart_child(const std::string& name) {
    return ask([&](auto token) { tree->restart_child(name, token); });
  }
  std::error_code delete_child(const std::string& name) {
    return ask([&](auto token) { tree->delete_child(name, token); });
  }
  std::error_code stop() {
    return ask([&](auto token) { tree->stop(token); });
  }

  std::vector<wsx::child_info> children() {
    std::vector<wsx::child_info> all;
    tree->which_children([&](std::vector<wsx::child_info> answer) { all = std::move(answer); });
    poll(io);
    return all;
  }
  // "a running"
  lines states() {
    lines all;
    for (const auto& each : children()) all.push_back(each.name + " " + to_string(each.state));
    return all;
  }
  wsx::child_counts counts() {
    wsx::child_counts all;
    tree->count_children([&](wsx::child_counts answer) { all = answer; });
    poll(io);
    return all;
  }

  // What has happened since the last call.
  lines happened() { return std::exchange(log, {}); }

  asio::io_context io;
  wsx::testing::virtual_clock clock{io};
  memory_listener server{"server"};
  std::map<std::string, memory_peer> peers;
  std::map<std::string, int> refused;  // get a response that is no upgrade, so many times
  std::set<std::string> held;          // get no response
  std::set<std::string> deaf;          // their Close frames are not answered
  lines log;
  outcome started;
  outcome joined;
  std::optional<wsx::supervisor> tree;

 private:
  // Returns false if it has not sent its request yet.
  bool greet(memory_peer& peer) {
    const std::string written = peer.take_written();
    std::string_view head = written;
    const auto request = wsx::testing::parse_request(head);
    if (!request) return false;
    const std::string name = request->target.substr(1);
    if (refused[name]-- > 0) {
      log.push_back("refuse " + name);
      peer.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    } else if (held.contains(name)) {
      log.push_back("hold " + name);
    } else {
      log.push_back("start " + name);
      peer.write(make_accept_response(*request));
      peers.insert_or_assign(name, peer);
    }
    return true;
  }

  bool answer(const std::string& name, memory_peer& peer) {
    const auto frame = peer.take_frame();
    if (!frame || frame->opcode != wsx::testing::opcodes::close) return frame.has_value();
    log.push_back("close " + code_of(*frame) + " " + name);
    if (deaf.contains(name)) return true;
    peer.write(wsx::testing::close_frame(1001));
    peer.close();
    return true;
  }

  static std::string code_of(const wsx::testing::client_frame& close) {
    if (close.payload.size() < 2) return "without a code";
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(close.payload[i]); };
    return std::to_string(byte(0) * 256 + byte(1));
  }

  // Takes it out: the server does nothing more for it.
  memory_peer peer_of(const std::string& name) {
    const auto node = peers.extract(name);
    REQUIRE(!node.empty());
    return node.mapped();
  }

  std::vector<memory_peer> silent_;
};

}  // namespace supervision_test
