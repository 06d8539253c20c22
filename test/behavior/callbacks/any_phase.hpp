#pragma once

#include "../support.hpp"

#include <asio/awaitable.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

// What the tests of messages in any phase share: a client that is brought into each, and a handler
// that writes down what it hears.
namespace behavior_test::any_phase {

using namespace wsx::testing;
using std::chrono::hours;

struct note {
  int number;
};

// For any phase.
struct urgent {
  static constexpr bool wsx_any_phase = true;
  int number;
};

// What a handler has been through, and what it is to do.
struct record {
  lines seen{};
  std::function<wsx::action(wsx::session&)> on_info{};
  std::function<asio::awaitable<wsx::disconnect_decision>(const wsx::disconnect&)> on_disconnect{};

  void add(std::string what) { seen.push_back(std::move(what)); }
  wsx::action info(std::string what, wsx::session& s) {
    add(std::move(what));
    return on_info ? on_info(s) : wsx::ok();
  }
  std::size_t count(std::string_view what) const {
    return static_cast<std::size_t>(std::count(seen.begin(), seen.end(), what));
  }
};

inline asio::awaitable<wsx::disconnect_decision> reconnect_in_an_hour(const wsx::disconnect&) {
  co_return wsx::reconnect_after(hours(1));
}

class plain {
 public:
  explicit plain(record* r) : record_(r) {}

  void init(const wsx::connection_info&) { record_->add("init"); }
  void handle_connect(const wsx::connection_info&) { record_->add("connect"); }
  void handle_frame(wsx::text t) { record_->add("text " + std::string(t.payload)); }
  wsx::action handle_cast(note n, wsx::session& s) { return cast("cast ", n.number, s); }
  wsx::action handle_cast(urgent u, wsx::session& s) { return cast("urgent cast ", u.number, s); }
  wsx::action handle_info(note n, wsx::session& s) {
    return record_->info("info " + std::to_string(n.number), s);
  }
  wsx::action handle_info(urgent u, wsx::session& s) {
    return record_->info("urgent info " + std::to_string(u.number), s);
  }
  wsx::action handle_info(wsx::signal, wsx::session& s) { return record_->info("signal", s); }
  wsx::action handle_info(wsx::down, wsx::session& s) { return record_->info("down", s); }
  asio::awaitable<wsx::disconnect_decision> handle_disconnect(const wsx::disconnect& d) {
    record_->add("disconnect " + std::to_string(d.attempt));
    return record_->on_disconnect ? record_->on_disconnect(d) : reconnect_in_an_hour(d);
  }
  void terminate(const wsx::close_reason&) { record_->add("terminate"); }

 private:
  wsx::action cast(std::string what, int number, wsx::session& s) {
    return record_->info(std::move(what) + std::to_string(number), s);
  }

  record* record_;
};

// The phases. Each is reached in a fixture, and lasts until time passes.
enum class phase { connecting, handshaking, before_init, open, closing, pausing };
constexpr phase all_phases[]{phase::connecting, phase::handshaking, phase::before_init,
                             phase::open,       phase::closing,     phase::pausing};
constexpr phase unconnected[]{phase::connecting, phase::handshaking, phase::before_init,
                              phase::pausing};

inline const char* name_of(phase p) {
  switch (p) {
    case phase::connecting: return "connecting";
    case phase::handshaking: return "handshaking";
    case phase::before_init: return "before init, between attempts";
    case phase::open: return "open";
    case phase::closing: return "closing";
    case phase::pausing: return "pausing";
  }
  return "";
}

inline wsx::options for_hours() {
  auto o = calm();
  o.connect_timeout = o.handshake_timeout = o.close_timeout = hours(24);
  o.handle_first_failure = true;
  return o;
}

struct fixture : record, client_fixture<plain> {
  explicit fixture(std::string name = "server", wsx::options o = for_hours())
      : client_fixture(plain(this), std::move(o), std::move(name)) {}

  void reach(phase p) {
    if (p == phase::connecting) server.hold();
    if (p == phase::before_init) server.refuse(asio::error::connection_refused);
    client->connect(server.url(), connected.token());
    client->join(ended.join_token());
    poll(io);
    peer = server.next();
    const bool opens = p == phase::open || p == phase::closing || p == phase::pausing;
    if (opens) peer->accept();
    poll(io);
    if (p == phase::closing) client->close(closed.token());
    if (p == phase::pausing) peer->close();
    poll(io);
    REQUIRE(client->is_open() == (p == phase::open));
    REQUIRE(!ended.done());
    REQUIRE(connected.done() == opens);
  }

  // From where `reach` has left it, to an open connection.
  memory_peer connect_at_last() {
    server.refuse({});
    server.release();
    poll(io);
    if (!peer || connected.done()) let_pass(hours(1));
    if (!peer || connected.done()) peer = server.next();
    REQUIRE(peer);
    peer->accept();
    poll(io);
    REQUIRE(client->is_open());
    return *peer;
  }

  std::optional<memory_peer> peer;
  outcome closed;
};

// Once.
inline bool heard(const fixture& f, const std::string& what) {
  return f.count(what) == 1;
}

// What was heard last.
inline lines last(const fixture& f, std::size_t count) {
  const auto& all = f.seen;
  return lines(all.end() - static_cast<std::ptrdiff_t>(std::min(count, all.size())), all.end());
}

}  // namespace behavior_test::any_phase
